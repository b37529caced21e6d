import { CST, Lexer } from 'yaml';
import { didYouMean } from '../../kit/index.ts';
import { lineText, positionOf, type Source } from '../text/source.ts';
import type { Found, RuleWords } from './rule.ts';

/** `# berth: ignore RULE why`: the line that it is about, and the rule. */
type Ignore = { readonly line: number; readonly rule: string };

/** What the comments of a source ask to leave out, and what is wrong with them. */
export type Ignores = { readonly ignores: readonly Ignore[]; readonly wrong: readonly Found[] };

/** The rule about the comments themselves. */
export const badIgnore: RuleWords = {
  id: 'bad-ignore',
  severity: 'warning',
  finds: 'A comment `# berth: ignore RULE why` names no reason, or a rule that does not exist.',
  why: 'It has no effect, so that what it was to leave out is still reported; and without a reason nobody can judge it later.',
  fix: 'Write the name of the rule and the reason: `# berth: ignore image-tag the registry has one tag only`.',
};

const form = /^#\s*berth:\s*ignore(?:\s+(\S+))?(?:\s+(.*\S))?\s*$/;

/** Reads the comments of a source. One behind a value is about its line, one on a line of its own about the next line with content. */
export function readIgnores(source: Source, known: readonly string[], language: 'yaml' | 'env'): Ignores {
  const ignores: Ignore[] = [];
  const wrong: Found[] = [];
  if (!source.text.includes('berth:')) return { ignores, wrong };
  for (const { text, offset } of language === 'yaml' ? yamlComments(source.text) : lineComments(source.text)) {
    const found = form.exec(text);
    if (found === null) continue;
    const mark = { source, offset };
    const [, rule, why] = found;
    if (rule === undefined) wrong.push({ mark, message: 'the comment names no rule to ignore' });
    else if (!known.includes(rule))
      wrong.push({ mark, message: `there is no rule \`${rule}\``, hint: didYouMean(rule, known) ?? badIgnore.fix });
    else if (why === undefined) wrong.push({ mark, message: `the comment says not why \`${rule}\` is ignored` });
    else ignores.push({ line: aboutLine(source, positionOf(mark).line), rule });
  }
  return { ignores, wrong };
}

function aboutLine(source: Source, line: number): number {
  const isAlone = (text: string): boolean => text.trimStart().startsWith('#');
  if (!isAlone(lineText(source, line))) return line;
  let next = line + 1;
  const isLast = (at: number): boolean => at - line > 50;
  while (!isLast(next) && (isAlone(lineText(source, next)) || lineText(source, next).trim() === '')) next++;
  return next;
}

/** Comments as the YAML lexer sees them: a `#` inside a text is none. */
function* yamlComments(text: string): Generator<{ readonly text: string; readonly offset: number }> {
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    // The lexer puts marks of its own between the pieces of the text.
    const isMark = token === CST.DOCUMENT || token === CST.FLOW_END || token === CST.SCALAR;
    if (CST.tokenType(token) === 'comment') yield { text: token, offset };
    if (!isMark) offset += token.length;
  }
}

function* lineComments(text: string): Generator<{ readonly text: string; readonly offset: number }> {
  for (const found of text.matchAll(/^[ \t]*(#.*)$/gm)) yield { text: found[1] ?? '', offset: found.index + found[0].indexOf('#') };
}
