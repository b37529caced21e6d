/** How much of a line fits beside its number. */
const width = 160;
/** How much of what comes before the column stays in view. */
const before = 100;

/** The part of a line around a column (from 1), on one row, and how many characters of it come before that column. */
export function excerpt(line: string, column = 1): { readonly text: string; readonly indent: number } {
  const at = Math.max(0, Math.min(column - 1, line.length));
  const from = at < width ? 0 : at - before;
  const text = line.slice(from, from + width).replaceAll('\t', ' ');
  const isCut = from + width < line.length;
  return { text: `${from > 0 ? '…' : ''}${text}${isCut ? '…' : ''}`, indent: at - from + (from > 0 ? 1 : 0) };
}
