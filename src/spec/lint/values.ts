import { entriesOf, type Node, type ScalarNode } from '../text/node.ts';
import { scalarText } from '../text/scalar.ts';
import { fillTemplate } from '../text/template.ts';
import type { Facts } from './rule.ts';

/** A text of the application with the keys that lead to it. */
export type Value = { readonly node: ScalarNode; readonly path: readonly string[]; readonly text: string };

/** Every text at or below a node. */
export function* valuesOf(node: Node | undefined, path: readonly string[] = []): Generator<Value> {
  if (node === undefined) return;
  if (node.kind === 'scalar') {
    if (node.value !== null && node.broken !== true) yield { node, path, text: scalarText(node.value) };
  } else if (node.kind === 'list') {
    for (const [index, item] of node.items.entries()) yield* valuesOf(item, [...path, String(index)]);
  } else {
    for (const [key, { value }] of node.entries) yield* valuesOf(value, [...path, key]);
  }
}

/** The entries of a mapping that have a text, by name. */
export function textsOf(node: Node | undefined): readonly (readonly [name: string, value: Value])[] {
  return entriesOf(node).flatMap(([name, { value }]) => {
    const [found] = value.kind === 'scalar' ? valuesOf(value, [name]) : [];
    return found === undefined ? [] : [[name, found] as const];
  });
}

/** What of a value stands in the file itself: with nothing set, so that only defaults are left. Undefined when it is from elsewhere. */
export function literalOf({ node, path, text }: Value, facts: Pick<Facts, 'templates' | 'sources'>): string | undefined {
  if (!facts.sources.has(node.mark.source)) return undefined;
  const template = facts.templates.get(node.mark);
  if (template === undefined) return text;
  const name = `${path.at(-1) ?? ''}=`;
  const filled = fillTemplate(template.startsWith(name) ? template.slice(name.length) : template, () => undefined);
  return filled.ok ? filled.value : undefined;
}
