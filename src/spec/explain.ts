import type { Said } from './layers/reading.ts';
import { shown } from './hide.ts';
import { toListItem, type ListItem } from './list-item.ts';
import { child, type ListNode, type MapNode, type Node, type ScalarNode } from './text/node.ts';
import { splitReferences } from './text/references.ts';
import { scalarText } from './text/scalar.ts';
import { placeText, type Mark, type Source } from './text/source.ts';
import { fillTemplate } from './text/template.ts';
import type { Variables } from './variables.ts';

/** Where a value comes from: which layers said something, which of them won, and what filled its variables. */
export type Explained = {
  /** Keys joined by dots; items of lists by their number from 0. */
  readonly path: string;
  /** As it may be shown: secrets are not. */
  readonly value: string;
  /** Lowest first. */
  readonly layers: readonly Layer[];
  readonly variables: readonly { readonly name: string; readonly from: string }[];
  /** The value itself, to compare it with another. */
  readonly exact: string;
  /** The path with what each item of a list is known by, to find the same one in another list. */
  readonly trail: Trail;
};

type Trail = readonly (string | ListItem)[];

/** One layer that spoke: `env file` is also a label file, `implied` what follows from other keys. */
export type Layer = {
  readonly place: string;
  readonly from: Said['from'] | 'env file' | 'implied';
  readonly value: string;
  readonly won: boolean;
};

type Trace = {
  readonly said: readonly Said[];
  readonly templates: ReadonlyMap<Mark, string>;
  readonly variablesOf: (source: Source) => Variables;
};

/** Explains every single value of a complete document. */
export function explainDocument(document: MapNode, trace: Trace): Explained[] {
  const sources = new Set(trace.said.flatMap(({ node }) => [node.mark.source]));
  const explained: Explained[] = [];
  const visit = (node: Node, trail: Trail): void => {
    if (node.kind === 'list') node.items.forEach((item, index) => visit(item, [...trail, toListItem(listKey(trail), item, index)]));
    else if (node.kind === 'map') for (const [key, { value }] of node.entries) visit(value, [...trail, key]);
    else if (trail[0] !== 'version') explained.push(explain(node, trail, { ...trace, sources }));
  };
  visit(document, []);
  return explained;
}

/** The key of the list that a trail leads to. */
function listKey(trail: Trail): string {
  const last = trail.at(-1);
  return typeof last === 'string' ? last : '';
}

function explain(node: ScalarNode, trail: Trail, trace: Trace & { readonly sources: ReadonlySet<Source> }): Explained {
  const path = trail.map((part) => (typeof part === 'string' ? part : String(part.index)));
  const key = path.at(-1) ?? '';
  const layers: Layer[] = [];
  for (const at of [trail, ...alsoSaid(path)]) {
    for (const said of trace.said) {
      const found = valueAt(said.node, at);
      if (found === undefined) continue;
      const won = isSame(found.mark, node.mark);
      layers.push({ place: placeText(found.mark), from: said.from, value: shown(key, scalarText(found.value)), won });
    }
  }
  const exact = scalarText(node.value);
  if (!layers.some((layer) => layer.won)) {
    const from = trace.sources.has(node.mark.source) ? 'implied' : 'env file';
    layers.push({ place: placeText(node.mark), from, value: shown(key, exact), won: true });
  }
  return { path: path.join('.'), value: shown(key, exact), layers: lastWins(layers), variables: variablesIn(node, trace), exact, trail };
}

/** Other places that speak of a variable of a service, over it: `x-berth.environment`, and below it a toggle. */
function alsoSaid(path: readonly string[]): (readonly string[])[] {
  const [top, service = '', section, name = ''] = path;
  if (top !== 'services' || section !== 'environment' || path.length !== 4) return [];
  return [['services', service, 'x-berth', 'environment', name]];
}

/** Included twice, a value is said twice at one place; one of them is enough. */
function lastWins(layers: readonly Layer[]): Layer[] {
  return layers.filter((layer, index) => layers.findLastIndex((other) => other.place === layer.place) === index);
}

function valueAt(node: MapNode, trail: Trail): ScalarNode | undefined {
  let at: Node | undefined = node;
  let key = '';
  for (const part of trail) {
    if (typeof part === 'string') at = child(at, part);
    else at = at?.kind === 'list' ? itemAt(at, part, key) : undefined;
    key = typeof part === 'string' ? part : '';
  }
  return at?.kind === 'scalar' && at.absent !== true ? at : undefined;
}

/** The item of a layer's list that an item of the merged one is or was: lists are appended, so the position says it of few. */
function itemAt({ items }: ListNode, { key, mark, index }: ListItem, of: string): Node | undefined {
  if (key !== undefined) return items.find((item) => toListItem(of, item, 0).key === key);
  return mark === undefined ? items[index] : items.find((item) => isSame(item.mark, mark));
}

function isSame(a: Mark, b: Mark): boolean {
  return a === b || (a.source === b.source && a.offset === b.offset);
}

function variablesIn(node: ScalarNode, trace: Trace): { name: string; from: string }[] {
  const template = trace.templates.get(node.mark);
  if (template === undefined) return [];
  const variables = trace.variablesOf(node.mark.source);
  const names = new Set<string>();
  const note = (name: string): string | undefined => {
    names.add(name);
    return variables.get(name);
  };
  for (const part of splitReferences(template) ?? [template]) if (typeof part === 'string') fillTemplate(part, note);
  return [...names].map((name) => ({ name, from: originOf(name, variables) }));
}

function originOf(name: string, variables: Variables): string {
  const mark = variables.origin(name);
  if (mark !== undefined) return placeText(mark);
  return variables.get(name) === undefined ? 'unset' : 'the environment of the process';
}
