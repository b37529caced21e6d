import { child, entriesOf, itemsOf, type Node } from '../text/node.ts';
import { scalarText } from '../text/scalar.ts';
import { booleanOf, durationMs, sizeBytes } from '../text/units.ts';
import { numberOf } from '../validate.ts';

// Readers of a validated tree: what is absent or was reported as wrong is undefined.

/** The text under a path. Numbers and booleans count as the text that a container would see. */
export function textAt(node: Node | undefined, ...path: string[]): string | undefined {
  const found = child(node, ...path);
  return found?.kind === 'scalar' && found.value !== null ? scalarText(found.value) : undefined;
}

/** The boolean under a path. */
export function booleanAt(node: Node | undefined, ...path: string[]): boolean | undefined {
  const found = child(node, ...path);
  return found?.kind === 'scalar' ? booleanOf(found.value) : undefined;
}

/** The number under a path. */
export function numberAt(node: Node | undefined, ...path: string[]): number | undefined {
  const found = child(node, ...path);
  return found?.kind === 'scalar' ? numberOf(found) : undefined;
}

/** The whole number under a path. */
export function integerAt(node: Node | undefined, ...path: string[]): number | undefined {
  const found = numberAt(node, ...path);
  return found !== undefined && Number.isInteger(found) ? found : undefined;
}

/** The milliseconds of a duration under a path. */
export function durationAt(node: Node | undefined, ...path: string[]): number | undefined {
  const found = textAt(node, ...path);
  return found === undefined ? undefined : durationMs(found);
}

/** The bytes of a size under a path. */
export function sizeAt(node: Node | undefined, ...path: string[]): number | undefined {
  const found = textAt(node, ...path);
  return found === undefined ? undefined : sizeBytes(found);
}

/** One of some words under a path. */
export function wordAt<const T extends string>(words: readonly T[], node: Node | undefined, ...path: string[]): T | undefined {
  const found = textAt(node, ...path);
  return words.find((word) => word === found);
}

/** The texts of a list under a path, or undefined when there is no list. */
export function textsAt(node: Node | undefined, ...path: string[]): string[] | undefined {
  const found = child(node, ...path);
  if (found?.kind !== 'list') return undefined;
  return found.items.flatMap((item) => (item.kind === 'scalar' && item.value !== null ? [scalarText(item.value)] : []));
}

/** The texts of a map under a path; null is empty. */
export function pairsAt(node: Node | undefined, ...path: string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const [key, { value }] of entriesOf(child(node, ...path)))
    if (value.kind === 'scalar' && value.broken !== true) pairs[key] = scalarText(value.value);
  return pairs;
}

/** The items of a list under a path, or none. */
export function listAt(node: Node | undefined, ...path: string[]): readonly Node[] {
  return itemsOf(child(node, ...path));
}

/** An object whose keys that may be undefined are optional instead. */
type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out the keys whose value is undefined, so that optional ones are absent. */
export function defined<T extends object>(value: T): Defined<T> {
  // The cast says what the filter does: no key with undefined is left.
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Defined<T>;
}
