/** A script line as words, when it is one plain command; undefined when only a shell can tell what it means. */
export type PlainCommand = { readonly environment: Readonly<Record<string, string>>; readonly words: readonly string[] };

/**
 * Splits a line into words as a POSIX shell would, with leading `NAME=value` apart. Answers undefined as soon as the
 * line needs a shell: operators, expansions, globs, redirections, comments.
 */
export function parsePlainCommand(line: string): PlainCommand | undefined {
  const words = splitWords(line);
  if (words === undefined) return undefined;
  const environment: Record<string, string> = {};
  let first = 0;
  for (const word of words) {
    const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
    if (match?.[1] === undefined || match[2] === undefined) break;
    environment[match[1]] = match[2];
    first += 1;
  }
  return { environment, words: words.slice(first) };
}

/** The parts of a line between `&&` and `;`, or undefined when it has other operators or unbalanced quotes. */
export function splitSequence(line: string): { readonly parts: readonly string[]; readonly operators: readonly string[] } | undefined {
  const parts: string[] = [''];
  const operators: string[] = [];
  for (const [token] of line.matchAll(/'[^']*'|"(?:[^"\\]|\\.)*"|&&|\|\||[;|&()<>`'"\n]|[^'"&|;()<>`\n]+/g)) {
    if (token === '&&' || token === ';') {
      operators.push(token);
      parts.push('');
    } else if (/^(?:\|\||[|&()`'"\n])$/.test(token)) {
      return undefined;
    } else {
      parts[parts.length - 1] += token;
    }
  }
  return { parts: parts.map((part) => part.trim()), operators };
}

function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let rest = line;
  while (rest !== '') {
    const token = nextToken(rest);
    if (token === undefined) return undefined;
    rest = rest.slice(token.length);
    if (token.text === undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + token.text;
    }
  }
  return word === undefined ? words : [...words, word];
}

type Token = { readonly length: number; /** Absent for the space between words. */ readonly text?: string };

function nextToken(rest: string): Token | undefined {
  const space = /^[ \t]+/.exec(rest)?.[0];
  if (space !== undefined) return { length: space.length };
  const single = /^'([^']*)'/.exec(rest);
  if (single?.[1] !== undefined) return { length: single[0].length, text: single[1] };
  const double = /^"((?:[^"\\$`]|\\.)*)"/.exec(rest);
  if (double?.[1] !== undefined) return { length: double[0].length, text: double[1].replaceAll(/\\(["\\$`])/g, '$1') };
  const escaped = /^\\([^\n])/.exec(rest);
  if (escaped?.[1] !== undefined) return { length: 2, text: escaped[1] };
  const plain = /^[^\s'"\\$`|&;<>()*?[\]{}!#~]+/.exec(rest)?.[0];
  return plain === undefined ? undefined : { length: plain.length, text: plain };
}
