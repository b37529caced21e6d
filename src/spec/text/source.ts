/** A text that values come from: a file, or what stands in for one (`--set`). */
export type Source = {
  /** What to call it in messages: the path as the user would write it. */
  readonly file: string;
  readonly text: string;
};

/** A place in a source, as an offset in characters; line and column are worked out only when somebody asks. */
export type Mark = { readonly source: Source; readonly offset: number };

const lineStarts = new WeakMap<Source, number[]>();

function startsOf(source: Source): number[] {
  const known = lineStarts.get(source);
  if (known !== undefined) return known;
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at !== -1; at = source.text.indexOf('\n', at + 1)) starts.push(at + 1);
  lineStarts.set(source, starts);
  return starts;
}

/** Line and column of a mark, both from 1. */
export function positionOf(mark: Mark): { readonly line: number; readonly column: number } {
  const starts = startsOf(mark.source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= mark.offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: mark.offset - (starts[low] ?? 0) + 1 };
}

/** The text of a line (from 1), without its end. */
export function lineText(source: Source, line: number): string {
  const starts = startsOf(source);
  const start = starts[line - 1] ?? 0;
  return source.text.slice(start, starts[line] ?? source.text.length).replace(/\r?\n$/, '');
}

/** A mark as `file:line:column`. */
export function placeText(mark: Mark): string {
  const { line, column } = positionOf(mark);
  return `${mark.source.file}:${String(line)}:${String(column)}`;
}

/** What reading the bytes of a text file can give. */
type Decoded = { readonly text: string } | { readonly problem: string; readonly before: string };

/** Decodes UTF-8 without a byte order mark; anything else is said in words, with the good text before it. */
export function decodeText(bytes: Uint8Array): Decoded {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { problem: 'the file is UTF-16; it must be UTF-8', before: '' };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const text = new TextDecoder('utf-8').decode(bytes);
    return { problem: 'the file is not valid UTF-8 here', before: text.slice(0, text.indexOf('\uFFFD')) };
  }
}
