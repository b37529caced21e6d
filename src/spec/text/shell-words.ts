/** The words of a command line, or what keeps it from being one. */
export type Words = { readonly ok: true; readonly words: string[] } | { readonly ok: false; readonly message: string };

/**
 * Splits a command into words as a shell would, with quotes and backslashes and nothing else. An unquoted operator
 * (`;`, `|`, `&`, `<`, `>`) is refused: no shell runs a command of Compose, which would cut it off there in silence.
 */
export function splitWords(text: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (character === "'" || character === '"') {
      const quoted = readQuoted(text, at);
      if (quoted === undefined) return { ok: false, message: `the quote \`${character}\` is never closed` };
      word = (word ?? '') + quoted.value;
      at = quoted.end;
      continue;
    }
    if (character === '\\') {
      if (at + 1 >= text.length) return { ok: false, message: 'the backslash at its end stands for nothing' };
      at++;
      word = (word ?? '') + unescaped(text.charAt(at));
      continue;
    }
    if (';|&<>'.includes(character)) return { ok: false, message: `no shell runs it, so \`${character}\` cannot be used` };
    word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  return { ok: true, words };
}

function readQuoted(text: string, start: number): { readonly value: string; readonly end: number } | undefined {
  const quote = text.charAt(start);
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === quote) return { value, end: at };
    if (character === '\\' && quote === '"' && at + 1 < text.length) {
      at++;
      value += unescaped(text.charAt(at));
    } else value += character;
  }
  return undefined;
}

/** What a backslash makes of a character; `\\n` and `\\t` are a line break and a tab, as in Compose. */
function unescaped(character: string): string {
  if (character === 'n') return '\n';
  return character === 't' ? '\t' : character;
}
