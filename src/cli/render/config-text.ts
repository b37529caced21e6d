import type { Explained } from '../../spec/index.ts';
import type { Change } from './config-changes.ts';
import type { Style } from '../style.ts';

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
  const filled = variables.map(
    ({ name, from }) => `    ${name} ${from === 'unset' ? style.dim('is not set') : `${style.dim('from')} ${from}`}`,
  );
  return [`${style.bold(path)} = ${oneLine(value)}`, ...lines, ...filled, ''].join('\n');
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
