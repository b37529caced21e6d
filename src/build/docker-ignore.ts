import { posix } from 'node:path';

type Pattern = {
  readonly regex: RegExp;
  readonly negated: boolean;
  /** Path segments before the first wildcard. */ readonly literal: string;
  readonly plain: boolean;
};

/** Decides which paths of a build context are left out, as Docker does (moby/patternmatcher). */
export type IgnoreRules = {
  /** Whether a path, relative to the context, stays out. */
  ignores(path: string): boolean;
  /** Whether nothing below an ignored directory can come back through a `!` pattern, so that it need not be read. */
  prunes(directory: string): boolean;
};

/**
 * Reads a `.dockerignore`. Each path is held against every pattern in order, and so are its parent directories; the
 * last pattern that matches decides. `**` spans directories, `*` and `?` stay within one, a leading `/` means nothing.
 */
export function parseDockerIgnore(text: string): IgnoreRules {
  const patterns = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap(toPattern);
  const negated = patterns.filter((pattern) => pattern.negated);
  return {
    ignores: (path) => {
      let ignored = false;
      const parents = withParents(path);
      for (const pattern of patterns) {
        // A pattern that would change nothing need not be tried.
        if (pattern.negated === ignored && parents.some((candidate) => pattern.regex.test(candidate))) ignored = !pattern.negated;
      }
      return ignored;
    },
    prunes: (directory) => !negated.some((pattern) => mayMatchBelow(pattern, directory)),
  };
}

function withParents(path: string): string[] {
  const parents = [path];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) parents.push(path.slice(0, end));
  return parents;
}

function mayMatchBelow(pattern: Pattern, directory: string): boolean {
  if (pattern.literal === '') return true;
  return (
    pattern.literal === directory ||
    pattern.literal.startsWith(`${directory}/`) ||
    (!pattern.plain && directory.startsWith(`${pattern.literal}/`))
  );
}

function toPattern(line: string): Pattern[] {
  if (line.startsWith('#')) return [];
  const trimmed = line.trim();
  const negated = trimmed.startsWith('!');
  const body = negated ? trimmed.slice(1).trim() : trimmed;
  if (body === '') return [];
  // `./a/../b/` is `b`; a leading slash is dropped, for patterns are relative to the context.
  const clean = posix.normalize(body.replaceAll('\\/', '/')).replace(/^\/+/, '').replace(/\/$/, '');
  if (clean === '' || clean === '.') return [];
  const segments = clean.split('/');
  const wild = segments.findIndex((segment) => /[*?[\\]/.test(segment));
  return [{ regex: toRegex(clean), negated, literal: (wild === -1 ? segments : segments.slice(0, wild)).join('/'), plain: wild === -1 }];
}

function toRegex(pattern: string): RegExp {
  let out = '';
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern[i] ?? '';
    if (char === '*' && pattern[i + 1] === '*') {
      i += 1;
      // `**/` is any number of directories, none included; a trailing `**` is all below.
      if (pattern[i + 1] === '/') i += 1;
      out += i + 1 >= pattern.length ? '.*' : '(?:.*/)?';
    } else if (char === '*') {
      out += '[^/]*';
    } else if (char === '?') {
      out += '[^/]';
    } else if (char === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end === -1) return /(?!)/;
      out += `[${pattern.slice(i + 1, end).replaceAll(/[\\[]/g, String.raw`\$&`)}]`;
      i = end;
    } else if (char === '\\') {
      i += 1;
      out += escape(pattern[i] ?? '');
    } else {
      out += escape(char);
    }
  }
  return new RegExp(`^${out}$`, 's');
}

function escape(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/]/, String.raw`\$&`);
}
