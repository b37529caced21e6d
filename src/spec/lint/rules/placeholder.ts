import type { Rule } from '../rule.ts';
import { valuesOf } from '../values.ts';

const forms: readonly RegExp[] = [
  /(?<!\w)__[A-Z][A-Z0-9_]*__(?!\w)/,
  // `{{.Name}}` and `{{ template "x" }}` are templates of the engine and of programs.
  /\{\{\s*[A-Za-z_][\w.]*\s*\}\}/,
  /<[A-Z][A-Z0-9]*(?:[_ -][A-Z0-9]+)+>/,
  /<(?:your|my|insert|enter|change|replace)[^<>]*>/i,
  /\b(?:change|replace|fill)[_ -]?(?:me|this|in)\b/i,
  /\byour[_-](?:\w+[_-])*(?:key|token|secret|password|domain|host)\b/i,
];

/** Keys whose values are templates of somebody else. */
const foreign: ReadonlySet<string> = new Set(['labels', 'logging', 'healthcheck', 'annotations', 'watch', 'content']);

/** The part of a text that somebody was meant to fill in. */
export function placeholderIn(text: string): string | undefined {
  for (const form of forms) {
    const found = form.exec(text);
    if (found !== null) return found[0];
  }
  return undefined;
}

/** What was to be filled in before a deploy, and was not. */
export const placeholder: Rule = {
  id: 'placeholder',
  severity: 'error',
  finds: 'A value still has a placeholder: `__NAME__`, `{{ name }}`, `<YOUR_NAME>`, `change-me`.',
  why: 'The application gets the placeholder itself, and fails with it or, worse, runs with a password that everybody knows.',
  fix: 'Write the value, or a variable: `${NAME:?say what it is}`.',
  *find({ document }) {
    for (const { node, path, text } of valuesOf(document)) {
      if (path.some((key) => foreign.has(key))) continue;
      const found = placeholderIn(text);
      if (found !== undefined) yield { mark: node.mark, message: `\`${path.join('.')}\` still has the placeholder \`${found}\`` };
    }
  },
};
