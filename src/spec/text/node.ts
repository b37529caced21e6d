import type { Mark } from './source.ts';

/**
 * A YAML value that remembers where it was written. Nodes are never changed once made, so an anchor's
 * value can be shared by all its aliases, and merging or interpolating makes new nodes only where needed.
 */
export type Node = ScalarNode | ListNode | MapNode;

export type Scalar = string | number | boolean | null;

/** `!reset` takes a value of an earlier file away; `!override` replaces it whole. */
export type Tag = 'reset' | 'override';

export type ScalarNode = {
  readonly kind: 'scalar';
  readonly mark: Mark;
  readonly tag?: Tag | undefined;
  readonly value: Scalar;
  /** Already reported as a problem; nothing more is said about it. */
  readonly broken?: boolean;
  /** Inside `x-berth`: a variable in it is unset, so that it says nothing, and what a lower layer says stays. */
  readonly absent?: boolean;
  /** Inside `x-berth`: the text between its references and the references, when it has any. */
  readonly parts?: readonly Part[];
};

/** A piece of a text: itself, or what it refers to. */
export type Part = string | { readonly kind: 'config' | 'secret'; readonly name: string };
export type ListNode = { readonly kind: 'list'; readonly mark: Mark; readonly tag?: Tag | undefined; readonly items: readonly Node[] };
export type MapNode = {
  readonly kind: 'map';
  readonly mark: Mark;
  readonly tag?: Tag | undefined;
  readonly entries: ReadonlyMap<string, Entry>;
};

/** A value in a map, with the place of its key. */
export type Entry = { readonly key: Mark; readonly value: Node };

/** A scalar at a place. */
export function scalar(mark: Mark, value: Scalar): ScalarNode {
  return { kind: 'scalar', mark, value };
}

/** A list at a place. */
export function list(mark: Mark, items: readonly Node[]): ListNode {
  return { kind: 'list', mark, items };
}

/** A map at a place. */
export function map(mark: Mark, entries: ReadonlyMap<string, Entry>): MapNode {
  return { kind: 'map', mark, entries };
}

/** A map whose keys are all written at the same place as the map itself: the long form of something short. */
export function mapOf(mark: Mark, values: Readonly<Record<string, Node | Scalar | undefined>>): MapNode {
  const entries = new Map<string, Entry>();
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    entries.set(key, { key: mark, value: typeof value === 'object' && value !== null ? value : scalar(mark, value) });
  }
  return map(mark, entries);
}

/** The value under a path of keys, or undefined. */
export function child(node: Node | undefined, ...path: string[]): Node | undefined {
  let at = node;
  for (const key of path) {
    if (at?.kind !== 'map') return undefined;
    at = at.entries.get(key)?.value;
  }
  return at;
}

/** A copy of a map with one entry set or, with undefined, taken away. */
export function withEntry(node: MapNode, key: string, value: Node | undefined, mark?: Mark): MapNode {
  const entries = new Map(node.entries);
  if (value === undefined) entries.delete(key);
  else entries.set(key, { key: mark ?? entries.get(key)?.key ?? value.mark, value });
  return { ...node, entries };
}

/** Whether a node is nothing: absent, or written as null. */
export function isNull(node: Node | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.value === null && node.broken !== true);
}

/** The entries of a map node, or none. */
export function entriesOf(node: Node | undefined): readonly (readonly [string, Entry])[] {
  return node?.kind === 'map' ? [...node.entries] : [];
}

/** The items of a list node, or none. */
export function itemsOf(node: Node | undefined): readonly Node[] {
  return node?.kind === 'list' ? node.items : [];
}

/** A node as plain data. */
export type Plain = Scalar | readonly Plain[] | { readonly [key: string]: Plain };

/** The plain data of a node. */
export function toPlain(node: Node): Plain {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toPlain);
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.value)]));
  }
}
