/** One line of the closing table; requests are counted while load was on. */
export type Row = {
  readonly what: string;
  readonly code: number;
  readonly seconds: number;
  readonly requests?: number;
  readonly lost?: number;
};

/** The closing table. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ what, code, seconds, requests, lost }) => [
    what,
    String(code),
    seconds.toFixed(1),
    requests === undefined ? '-' : String(requests),
    lost === undefined ? '-' : String(lost),
  ]);
  const all = [['', 'exit', 'seconds', 'requests', 'lost'], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '))
    .join('\n');
}
