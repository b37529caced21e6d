import type { Problems } from '../problem.ts';
import { scalar, type Entry, type MapNode, type Node, type Part, type ScalarNode } from './node.ts';
import { joinParts, splitReferences } from './references.ts';
import type { Mark } from './source.ts';
import { fillTemplate, type Lookup } from './template.ts';

/** Where a variable that is unset became nothing, for one warning each. */
export type Unset = Map<string, Mark>;

/** What filling in tells: problems, unset variables, and the text that each filled value was written as. */
export type Report = {
  readonly problems: Problems;
  /** Variables that became empty. */
  readonly unset: Unset;
  /** Variables whose value inside `x-berth` therefore says nothing. */
  readonly absent: Unset;
  readonly templates: Map<Mark, string>;
};

/** Says nothing to anybody. */
export function quietReport(problems: Problems): Report {
  return { problems, unset: new Map(), absent: new Map(), templates: new Map() };
}

type Fill = (node: ScalarNode) => ScalarNode;

/**
 * Fills every text value of a file (never a key). Inside `x-berth` (of the project and of services) references stay, and
 * a value with an unset variable says nothing.
 */
export function interpolate(file: MapNode, lookup: Lookup, report: Report): MapNode {
  const compose = filler((node) => fillScalar(node, lookup, report));
  const berth = filler((node) => fillBerth(node, lookup, report));
  const service = (node: Node): Node =>
    node.kind === 'map' ? eachEntry(node, (value, key) => (key === 'x-berth' ? berth : compose)(value)) : compose(node);
  return eachEntry(file, (value, key) => {
    if (key === 'x-berth') return berth(value);
    return key === 'services' && value.kind === 'map' ? eachEntry(value, service) : compose(value);
  });
}

/** Fills shared nodes once, so that they stay shared. */
function filler(fill: Fill): (node: Node) => Node {
  const done = new Map<Node, Node>();
  const visit = (node: Node): Node => {
    if (node.kind === 'scalar') return fill(node);
    const known = done.get(node);
    if (known !== undefined) return known;
    const made = node.kind === 'map' ? eachEntry(node, visit) : eachItem(node, visit);
    done.set(node, made);
    return made;
  };
  return visit;
}

function eachItem(node: Extract<Node, { kind: 'list' }>, visit: (node: Node) => Node): Node {
  const items = node.items.map(visit);
  return items.every((item, i) => item === node.items[i]) ? node : { ...node, items };
}

function eachEntry(node: MapNode, visit: (node: Node, key: string) => Node): MapNode {
  let entries: Map<string, Entry> | undefined;
  for (const [key, entry] of node.entries) {
    const value = visit(entry.value, key);
    if (value === entry.value) continue;
    entries ??= new Map(node.entries);
    entries.set(key, { key: entry.key, value });
  }
  return entries === undefined ? node : { ...node, entries };
}

function fillScalar(node: ScalarNode, lookup: Lookup, report: Report): ScalarNode {
  if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
  const filled = fillText(node, node.value, lookup, report);
  if (filled === undefined) return { ...node, value: null, broken: true };
  for (const name of filled.unset) if (!report.unset.has(name)) report.unset.set(name, node.mark);
  return { ...node, value: filled.value };
}

function fillBerth(node: ScalarNode, lookup: Lookup, report: Report): ScalarNode {
  if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
  const references = splitReferences(node.value);
  const unset: string[] = [];
  const parts: Part[] = [];
  for (const part of references ?? [node.value]) {
    if (typeof part !== 'string') {
      parts.push(part);
      continue;
    }
    const filled = fillText(node, part, lookup, report);
    if (filled === undefined) return { ...node, value: null, broken: true };
    unset.push(...filled.unset);
    parts.push(filled.value);
  }
  const value = joinParts(parts);
  if (unset.length > 0) {
    for (const name of unset) if (!report.absent.has(name)) report.absent.set(name, node.mark);
    return { ...scalar(node.mark, value), absent: true };
  }
  return references === undefined ? { ...node, value } : { ...node, value, parts };
}

function fillText(
  node: ScalarNode,
  text: string,
  lookup: Lookup,
  report: Report,
): { readonly value: string; readonly unset: readonly string[] } | undefined {
  const filled = fillTemplate(text, lookup);
  report.templates.set(node.mark, typeof node.value === 'string' ? node.value : text);
  if (filled.ok) return filled;
  if (filled.required === undefined) {
    report.problems.error(node.mark, filled.message, { hint: 'Write `$$` for a dollar sign that is meant as one.' });
  } else {
    report.problems.error(node.mark, filled.message, {
      code: 'VARIABLE_REQUIRED',
      hint: `Set \`${filled.required}\` in the environment or in \`.env\`.`,
    });
  }
  return undefined;
}
