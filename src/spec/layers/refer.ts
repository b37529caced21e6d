import { didYouMean } from '../../kit/index.ts';
import { longForms } from '../canonical/canonical.ts';
import type { Base } from '../canonical/paths.ts';
import type { Problems } from '../problem.ts';
import {
  entriesOf,
  scalar,
  withEntry,
  type Entry,
  type MapNode,
  type Node,
  type Part,
  type Scalar,
  type ScalarNode,
} from '../text/node.ts';
import { joinParts } from '../text/references.ts';
import { scalarText } from '../text/scalar.ts';

/** Longer than any value can be that a program is started with. */
const maxLength = 1_000_000;

type Referring = {
  /** What references point into: the document with short forms written out. */
  readonly target: () => MapNode;
  readonly problems: Problems;
  /** What was filled in already: many may refer to one that refers to others. */
  readonly done: Map<ScalarNode, ScalarNode>;
  /** Paths of circles that were reported. */
  readonly circles: Set<string>;
};

/**
 * Fills the references to other settings (`${config:services.db.x-berth.port}`) inside `x-berth`. References to secrets
 * stay. One that stands alone takes the value as it is, a number as a number; between other text it becomes text.
 */
export function withReferences(document: MapNode, base: Base, problems: Problems): MapNode {
  let target: MapNode | undefined;
  const referring: Referring = { target: () => (target ??= longForms(document, base)), problems, done: new Map(), circles: new Set() };
  const fill = (node: Node, path: string): Node => filled(node, path, referring);
  const services = document.entries.get('services');
  let result = changed(document, 'x-berth', 'x-berth', fill);
  if (services?.value.kind !== 'map') return result;
  const entries = new Map<string, Entry>();
  for (const [name, { key, value }] of services.value.entries) {
    const path = `services.${name}.x-berth`;
    entries.set(name, { key, value: value.kind === 'map' ? changed(value, 'x-berth', path, fill) : value });
  }
  result = withEntry(result, 'services', { ...services.value, entries }, services.key);
  return result;
}

function changed(node: MapNode, key: string, path: string, fill: (node: Node, path: string) => Node): MapNode {
  const entry = node.entries.get(key);
  const value = entry === undefined ? undefined : fill(entry.value, path);
  return entry === undefined || value === entry.value ? node : withEntry(node, key, value, entry.key);
}

function filled(node: Node, path: string, referring: Referring): Node {
  if (node.kind === 'scalar') return node.parts === undefined ? node : filledScalar(node, [path], referring);
  if (node.kind === 'list') {
    const items = node.items.map((item, index) => filled(item, `${path}[${String(index)}]`, referring));
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items };
  }
  let result = node;
  for (const [key] of node.entries) result = changed(result, key, `${path}.${key}`, (value, at) => filled(value, at, referring));
  return result;
}

/** A scalar with its references filled in; `chain` is the paths that refer to each other on the way here. */
function filledScalar(node: ScalarNode, chain: readonly string[], referring: Referring): ScalarNode {
  const parts: Part[] = [];
  let whole: Scalar | undefined;
  for (const part of node.parts ?? []) {
    if (typeof part === 'string' || part.kind === 'secret') {
      parts.push(part);
      continue;
    }
    const found = valueAt(node, part.name, chain, referring);
    if (found === undefined) return { ...scalar(node.mark, null), broken: true };
    parts.push(...(found.parts ?? [scalarText(found.value)]));
    whole = found.parts === undefined ? found.value : undefined;
  }
  if (parts.some((part) => typeof part !== 'string')) return { ...node, value: joinParts(parts), parts };
  const text = joinParts(parts);
  if (text.length > maxLength) {
    referring.problems.error(node.mark, `the value becomes longer than ${String(maxLength)} characters`);
    return { ...scalar(node.mark, null), broken: true };
  }
  return { ...scalar(node.mark, node.parts?.length === 1 && whole !== undefined ? whole : text), tag: node.tag };
}

function valueAt(node: ScalarNode, path: string, chain: readonly string[], referring: Referring): ScalarNode | undefined {
  const { problems, circles } = referring;
  if (chain.includes(path)) {
    const circle = [...chain.slice(chain.indexOf(path)), path];
    if (!circles.has(path)) problems.error(node.mark, `the settings refer to each other in a circle: ${circle.join(' → ')}`);
    for (const each of circle) circles.add(each);
    return undefined;
  }
  const found = lookUp(node, path, referring);
  if (found === undefined) return undefined;
  if (found.kind === 'scalar' && found.broken === true) return undefined;
  if (found.kind === 'scalar' && found.value !== null)
    return found.parts === undefined ? found : resolved(found, [...chain, path], referring);
  const what = found.kind === 'scalar' ? 'empty' : found.kind === 'map' ? 'a mapping' : 'a list';
  problems.error(node.mark, `\`\${config:${path}}\` refers to what is ${what}; it must be a single value`);
  return undefined;
}

function resolved(node: ScalarNode, chain: readonly string[], referring: Referring): ScalarNode | undefined {
  const made = referring.done.get(node) ?? filledScalar(node, chain, referring);
  referring.done.set(node, made);
  return made.broken === true ? undefined : made;
}

/** The node at a path. Names with a dot in them are found too: the longest key that fits is taken. */
function lookUp(from: Node, path: string, { target, problems }: Referring): Node | undefined {
  let at: Node = target();
  let rest = path;
  while (rest !== '') {
    const step = stepOf(at, rest);
    if (step === undefined) {
      const [missing = rest] = rest.split('.');
      const keys = entriesOf(at).map(([key]) => key);
      const before = path.slice(0, path.length - rest.length).replace(/\.$/, '');
      const where = before === '' ? 'the file' : `\`${before}\``;
      problems.error(from.mark, `\`\${config:${path}}\` refers to nothing: ${where} has no \`${missing}\``, {
        hint: didYouMean(missing, keys),
      });
      return undefined;
    }
    at = step.node;
    rest = step.rest;
  }
  return at;
}

function stepOf(node: Node, path: string): { readonly node: Node; readonly rest: string } | undefined {
  if (node.kind === 'list') {
    const index = /^(\d+)(?:\.|$)/.exec(path);
    const item = index === null ? undefined : node.items[Number(index[1])];
    return item === undefined || index === null ? undefined : { node: item, rest: path.slice(index[0].length) };
  }
  const fitting = entriesOf(node).filter(([key]) => path === key || path.startsWith(`${key}.`));
  const [longest] = fitting.toSorted(([a], [b]) => b.length - a.length);
  return longest === undefined ? undefined : { node: longest[1].value, rest: path.slice(longest[0].length + 1) };
}
