import { stripVTControlCharacters } from 'node:util';

/** Colours a text, or leaves it as it is. */
export type Style = { readonly [K in keyof typeof codes]: (text: string) => string };

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

const names = Object.keys(codes) as (keyof typeof codes)[];

/** A style that colours, or one that does not. */
export function createStyle(kind: 'colour' | 'plain'): Style {
  const paint = (name: keyof typeof codes) => (text: string) =>
    kind === 'plain' || text === '' ? text : `\u001B[${codes[name][0]}m${text}\u001B[${codes[name][1]}m`;
  return Object.fromEntries(names.map((name) => [name, paint(name)])) as Style;
}

/** Whether an output wants colour: a terminal that can, and nobody said no (https://no-color.org). */
export function styleFor(output: { isTTY: boolean }, env: Readonly<Record<string, string | undefined>>, noColor: boolean): Style {
  const wanted = output.isTTY && !noColor && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return createStyle(wanted ? 'colour' : 'plain');
}

/** A text without control sequences and characters: it can neither move the cursor nor colour what follows. */
export function stripControls(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/(?![\n\t])\p{Cc}/gu, '');
}

/** How many columns a text takes; wide characters (CJK, emoji) take two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of stripControls(text)) width += isWide(char.codePointAt(0) ?? 0) ? 2 : 1;
  return width;
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff)
  );
}

/** A text cut to a width, with an ellipsis where it was longer. The text must hold no control sequences. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  for (const char of text) {
    if (widthOf(kept + char) > width - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

/** A text filled with blanks to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}
