import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Build } from '../model/index.ts';
import { parseDockerIgnore } from './docker-ignore.ts';
import { dockerfileText, ignoreText, isRemote } from './hash-build.ts';

/** A file of the context that a Dockerfile copies and that is not in what was sent. */
export type MissingCopy = {
  readonly what: string;
  readonly hint: string;
  readonly where: { readonly file: string; readonly line: number } | undefined;
};

type Copy = { readonly text: string; readonly line: number; readonly sources: readonly string[] };

/**
 * Looks for the reason why a `COPY` or `ADD` failed. BuildKit names only the path below the context, so that of
 * `../../x` it says that `/x` is not there.
 */
export function findMissingCopy(build: Build, failedStep: string | undefined): MissingCopy | undefined {
  if (failedStep === undefined || isRemote(build.context)) return undefined;
  const copy = copiesOf(dockerfileText(build)).find(({ text }) => plain(text) === plain(failedStep));
  if (copy === undefined) return undefined;
  for (const source of copy.sources) {
    const why = whyMissing(build, source);
    if (why === undefined) continue;
    const isFile = build.generated === undefined && build.inline === undefined;
    const file = build.dockerfile ?? join(build.context, 'Dockerfile');
    const at = isFile ? '' : ` in line ${copy.line} of the Dockerfile`;
    return {
      what: `\`${copy.text}\`${at} takes ${source}, ${why.why}`,
      hint: why.hint,
      where: isFile ? { file, line: copy.line } : undefined,
    };
  }
  return undefined;
}

function whyMissing(build: Build, source: string): { why: string; hint: string } | undefined {
  const path = posix.normalize(source.replace(/^\/+/, '')).replace(/\/$/, '');
  if (path === '..' || path.startsWith('../')) {
    return {
      why: `which is outside the build context ${build.context}`,
      hint: 'Only what is below the context can be copied: set `build.context` to a directory above both (and `dockerfile` as seen from there), or move the file into the context.',
    };
  }
  if (!existsSync(join(build.context, path))) {
    return {
      why: `which is not in the build context ${build.context}`,
      hint: 'Paths of COPY and ADD start at the context: correct the path, or put the file there.',
    };
  }
  if (!parseDockerIgnore(ignoreText(build)).ignores(path)) return undefined;
  return { why: 'which .dockerignore leaves out', hint: `Add \`!${path}\` to the end of the .dockerignore, or take out what excludes it.` };
}

/** The instructions that copy from the context, each with the line that it begins on. */
function copiesOf(dockerfile: string): Copy[] {
  return instructions(dockerfile).flatMap(({ text, line }) => {
    const [, flags = '', rest = ''] = /^(?:COPY|ADD)\s+((?:--\S+\s+)*)(.*)$/i.exec(text) ?? [];
    if (rest === '' || /--from=/i.test(flags)) return [];
    const words = rest.startsWith('[') ? [...rest.matchAll(/"([^"]*)"/g)].map(([, word = '']) => word) : rest.trim().split(/\s+/);
    return [{ text, line, sources: words.slice(0, -1).filter(isPath) }];
  });
}

/** Not an address, a text in the Dockerfile itself, a variable or a pattern: of those only BuildKit knows what they are. */
function isPath(source: string): boolean {
  return !/^(?:\w+:\/\/|git@|<<)|[*?[$]/.test(source);
}

/** Instructions on one line each: continued ones are joined, comments between them left out. */
function instructions(dockerfile: string): { text: string; line: number }[] {
  const found: { text: string; line: number }[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [index, raw] of dockerfile.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const text = line.replace(/\\$/, '').trim();
    open = open === undefined ? { text, line: index + 1 } : { ...open, text: `${open.text} ${text}` };
    if (line.endsWith('\\')) continue;
    found.push(open);
    open = undefined;
  }
  return found;
}

/** As steps are told: without quotes, whatever the case and the spaces. */
function plain(text: string): string {
  return text.replaceAll(/["']/g, '').replaceAll(/\s+/g, ' ').trim().toLowerCase();
}
