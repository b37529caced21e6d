import type { Explained } from '../../spec/index.ts';
import type { Style } from '../style.ts';

/** One value that two environments have differently. `places` are where the two come from. */
export type Change = {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly before?: string;
  readonly after?: string;
  readonly places: readonly string[];
};

/** Every value with the layers that spoke, lowest first, `*` before the one that won. */
export function explainedText(values: readonly Explained[], style: Style): string {
  return values.map((value) => explained(value, style)).join('');
}

function explained({ path, value, layers, variables }: Explained, style: Style): string {
  const width = Math.max(...layers.map((layer) => layer.place.length));
  const lines = layers.map((layer) => {
    const said = layer.won ? '' : ` ${oneLine(layer.value)}`;
    return `  ${layer.won ? '*' : ' '} ${layer.place.padEnd(width)} ${style.dim(layer.from)}${said}`;
  });
  const filled = variables.map(({ name, from }) => `    ${name} ${style.dim('from')} ${from}`);
  return [`${style.bold(path)} = ${oneLine(value)}`, ...lines, ...filled, ''].join('\n');
}

/** What is different in the second of two sets of values. */
export function toChanges(before: readonly Explained[], after: readonly Explained[]): Change[] {
  const earlier = new Map(before.map((value) => [value.path, value]));
  const later = new Map(after.map((value) => [value.path, value]));
  const changes: Change[] = [];
  for (const path of [...new Set([...earlier.keys(), ...later.keys()])].toSorted(byText)) {
    const [old, young] = [earlier.get(path), later.get(path)];
    if (old?.exact === young?.exact) continue;
    const change = old === undefined ? 'added' : young === undefined ? 'removed' : 'changed';
    changes.push({
      path,
      change,
      ...(old === undefined ? {} : { before: old.value }),
      ...(young === undefined ? {} : { after: young.value }),
      places: [old, young].flatMap((value) => (value === undefined ? [] : winnerOf(value))),
    });
  }
  return changes;
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function winnerOf(value: Explained): string[] {
  return value.layers.flatMap((layer) => (layer.won ? [layer.place] : [])).slice(-1);
}

type Difference = { readonly from: string | undefined; readonly to: string; readonly changes: readonly Change[] };

/** What changes from one environment to another, a line each. */
export function changesText({ from, to, changes }: Difference, style: Style): string {
  const title = `${from ?? 'no environment'} → ${to}`;
  if (changes.length === 0) return `${title}: nothing changes\n`;
  return [`${title}:`, ...changes.map((change) => changeLine(change, style)), ''].join('\n');
}

function changeLine({ path, change, before, after, places }: Change, style: Style): string {
  const where = style.dim(`(${places.join(' → ')})`);
  if (change === 'added') return `${style.green('+')} ${path}: ${oneLine(after ?? '')} ${where}`;
  if (change === 'removed') return `${style.red('-')} ${path}: ${oneLine(before ?? '')} ${where}`;
  return `${style.yellow('~')} ${path}: ${oneLine(before ?? '')} → ${oneLine(after ?? '')} ${where}`;
}

function oneLine(value: string): string {
  const line = value.replaceAll('\n', '↵');
  const short = line.length > 100 ? `${line.slice(0, 99)}…` : line;
  return short === '' ? '(empty)' : short;
}
