import type { Problems } from './problem.ts';
import {
  entriesOf,
  isNull,
  list,
  map,
  mapOf,
  scalar,
  toPlain,
  type Entry,
  type ListNode,
  type MapNode,
  type Node,
  type ScalarNode,
} from './text/node.ts';
import { scalarText } from './text/scalar.ts';

type Rule = 'replace' | 'build' | 'names' | 'dependencies' | 'assignments' | 'hosts' | 'sequence' | 'logging' | 'ulimit' | 'subnets';

/** Where Compose merges otherwise than "maps deep, lists appended, the rest replaced". `*` is any one key. */
const rules: readonly (readonly [pattern: string, rule: Rule])[] = [
  ['services.*.command', 'replace'],
  ['services.*.entrypoint', 'replace'],
  ['services.*.healthcheck.test', 'replace'],
  ['services.*.x-berth.release', 'replace'],
  ['services.*.build', 'build'],
  ['services.*.networks', 'names'],
  ['services.*.models', 'names'],
  ['services.*.depends_on', 'dependencies'],
  ['services.*.environment', 'assignments'],
  ['services.*.labels', 'assignments'],
  ['services.*.annotations', 'assignments'],
  ['services.*.sysctls', 'assignments'],
  ['services.*.build.args', 'assignments'],
  ['services.*.build.labels', 'assignments'],
  ['services.*.build.additional_contexts', 'assignments'],
  ['services.*.deploy.labels', 'assignments'],
  ['networks.*.labels', 'assignments'],
  ['volumes.*.labels', 'assignments'],
  ['services.*.extra_hosts', 'hosts'],
  ['services.*.build.extra_hosts', 'hosts'],
  ['services.*.dns', 'sequence'],
  ['services.*.dns_opt', 'sequence'],
  ['services.*.dns_search', 'sequence'],
  ['services.*.env_file', 'sequence'],
  ['services.*.label_file', 'sequence'],
  ['services.*.tmpfs', 'sequence'],
  ['services.*.x-berth.routes', 'sequence'],
  ['services.*.logging', 'logging'],
  ['services.*.ulimits.*', 'ulimit'],
  ['networks.*.ipam.config', 'subnets'],
];

type RuleTree = { readonly next: Map<string, RuleTree>; rule?: Rule };

const tree: RuleTree = { next: new Map() };
for (const [pattern, rule] of rules) {
  let at = tree;
  for (const key of pattern.split('.')) {
    const next = at.next.get(key) ?? { next: new Map<string, RuleTree>() };
    at.next.set(key, next);
    at = next;
  }
  at.rule = rule;
}

const eachReplaced: RuleTree = { next: new Map([['*', { next: new Map(), rule: 'replace' }]]) };

/** Lays one file over another by Compose's rules; nodes of the later one keep their own places. */
export function merge(base: Node, over: Node, problems: Problems): Node {
  return mergeNode(base, over, { rules: tree, path: '', problems, tags: 'done' });
}

/** Lays a service over the one that it extends. Its `!reset` and `!override` still have to act on the files below. */
export function extend(base: Node, over: Node, at: { readonly service: string; readonly problems: Problems }): Node {
  const rules = tree.next.get('services')?.next.get('*');
  return mergeNode(base, over, { rules, path: `services.${at.service}`, problems: at.problems, tags: 'kept' });
}

/** A file by itself: what `!reset` takes away or says nothing is gone, and `!override` means nothing more. */
export function settle(node: Node): Node {
  if (node.kind === 'scalar') return node.tag === undefined ? node : { ...node, tag: undefined };
  if (node.kind === 'list') {
    const items = node.items.filter(says).map(settle);
    return node.tag === undefined && items.every((item, index) => item === node.items[index]) && items.length === node.items.length
      ? node
      : { ...node, tag: undefined, items };
  }
  let changed = node.tag !== undefined;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const value = says(entry.value) ? settle(entry.value) : undefined;
    if (value !== entry.value) changed = true;
    if (value !== undefined) entries.set(key, value === entry.value ? entry : { key: entry.key, value });
  }
  return changed ? { ...node, tag: undefined, entries } : node;
}

/** Whether a value is one, and does not only take another away. */
function says(node: Node): boolean {
  return node.tag !== 'reset' && !(node.kind === 'scalar' && node.absent === true);
}

type At = {
  readonly rules: RuleTree | undefined;
  readonly path: string;
  readonly problems: Problems;
  /** Whether tags have acted once the merge is done. */
  readonly tags: 'done' | 'kept';
};

function finish(node: Node, at: At): Node {
  return at.tags === 'done' ? settle(node) : node;
}

function mergeNode(base: Node, over: Node, at: At): Node {
  if (over.kind === 'scalar' && over.absent === true) return base;
  if (over.tag === 'override') return finish(over, at);
  if (at.rules?.rule !== undefined) return mergeByRule(base, over, at.rules.rule, at);
  if (isNull(over)) return base;
  if (isNull(base)) return finish(over, at);
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over, at);
  if (base.kind === 'list' && over.kind === 'list') return append(base, over, at);
  if (base.kind === 'scalar' && over.kind === 'scalar') return finish(over, at);
  at.problems.error(
    over.mark,
    `\`${at.path}\` is ${kindWords(over)} here, but ${kindWords(base)} in the file below it; the two cannot be merged`,
  );
  return { kind: 'scalar', mark: over.mark, value: null, broken: true };
}

function mergeMaps(base: MapNode, over: MapNode, at: At): MapNode {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    if (!says(entry.value)) {
      if (entry.value.tag === 'reset') entries.delete(key);
      if (at.tags === 'kept' && entry.value.tag === 'reset') entries.set(key, entry);
      continue;
    }
    const below = entries.get(key);
    const rulesBelow = at.rules?.next.get(key) ?? at.rules?.next.get('*');
    const path = at.path === '' ? key : `${at.path}.${key}`;
    const value = below === undefined ? finish(entry.value, at) : mergeNode(below.value, entry.value, { ...at, rules: rulesBelow, path });
    entries.set(key, { key: below !== undefined && value === below.value ? below.key : entry.key, value });
  }
  return map(over.mark, entries);
}

/** Appends what is not there already, word for word. */
function append(base: ListNode, over: ListNode, at: At): ListNode {
  const known = new Set(base.items.map((item) => JSON.stringify(toPlain(item))));
  const added: Node[] = [];
  for (const item of over.items) {
    if (!says(item)) continue;
    const key = JSON.stringify(toPlain(item));
    if (known.has(key)) continue;
    known.add(key);
    added.push(finish(item, at));
  }
  return list(base.mark, [...base.items, ...added]);
}

function mergeByRule(base: Node, over: Node, rule: Rule, at: At): Node {
  if (rule === 'replace') return finish(over, at);
  if (isNull(over)) return base;
  if (isNull(base)) return finish(over, at);
  return mergers[rule](base, over, at);
}

type Merger = (base: Node, over: Node, at: At) => Node;

/** What each rule does with two values that are both there. */
const mergers: Readonly<Record<Exclude<Rule, 'replace'>, Merger>> = {
  build: (base, over, at) => plainMerge(asBuild(base), asBuild(over), at),
  names: (base, over, at) => plainMerge(asNames(base, nothingOf), asNames(over, nothingOf), at),
  dependencies: (base, over, at) => plainMerge(asNames(base, dependency), asNames(over, dependency), at),
  // Each value whole: one without a value takes the value away, so that a variable is passed on again.
  assignments: (base, over, at) => mergeNode(asAssignments(base), asAssignments(over), { ...at, rules: eachReplaced }),
  hosts: (base, over, at) => plainMerge(asHosts(base), asHosts(over), at),
  sequence: (base, over, at) => plainMerge(asSequence(base), asSequence(over), at),
  logging: (base, over, at) => (sameDriver(base, over) ? plainMerge(base, over, at) : finish(over, at)),
  ulimit: (base, over, at) => (base.kind === 'map' && over.kind === 'map' ? plainMerge(base, over, at) : finish(over, at)),
  subnets: (base, over, at) => (base.kind === 'list' && over.kind === 'list' ? mergeSubnets(base, over, at) : plainMerge(base, over, at)),
};

function nothingOf(item: Node): Node {
  return scalar(item.mark, null);
}

function plainMerge(base: Node, over: Node, at: At): Node {
  return mergeNode(base, over, { ...at, rules: at.rules === undefined ? undefined : { next: at.rules.next } });
}

/** `build: DIR` as a mapping. */
export function asBuild(node: Node): Node {
  return node.kind === 'scalar' && typeof node.value === 'string' ? mapOf(node.mark, { context: node }) : node;
}

/** What `depends_on: [NAME]` means. */
export function dependency(item: Node): Node {
  return mapOf(item.mark, { condition: 'service_started', required: true });
}

/** A list of names as a mapping from name to something. */
export function asNames(node: Node, make: (item: Node) => Node): Node {
  if (node.kind !== 'list') return node;
  const entries = new Map<string, Entry>();
  for (const item of node.items) {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') return node;
    entries.set(item.value, { key: item.mark, value: make(item) });
  }
  return { ...map(node.mark, entries), tag: node.tag };
}

/** `KEY=value` lines as a mapping; a line without `=` is a key with null. */
export function asAssignments(node: Node): Node {
  if (node.kind !== 'list') return node;
  const entries = new Map<string, Entry>();
  for (const item of node.items) {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') return node;
    const equals = item.value.indexOf('=');
    const key = equals === -1 ? item.value : item.value.slice(0, equals);
    const value: ScalarNode = { ...item, tag: undefined, value: equals === -1 ? null : item.value.slice(equals + 1) };
    entries.set(key, { key: item.mark, value });
  }
  return { ...map(node.mark, entries), tag: node.tag };
}

/** Hosts as `host=address` lines; a line with `:` in its place is rewritten. */
export function asHosts(node: Node): Node {
  if (node.kind === 'list') return list(node.mark, node.items.map(hostLine));
  if (node.kind !== 'map') return node;
  const items: Node[] = [];
  for (const [host, { value }] of entriesOf(node)) {
    for (const address of value.kind === 'list' ? value.items : [value]) {
      if (address.kind === 'scalar') items.push(scalar(address.mark, `${host}=${scalarText(address.value)}`));
    }
  }
  return list(node.mark, items);
}

function hostLine(item: Node): Node {
  if (item.kind !== 'scalar' || typeof item.value !== 'string') return item;
  return { ...item, value: item.value.replace(/^([^:=]+):/, '$1=') };
}

/** One text as a list of one. */
export function asSequence(node: Node): Node {
  return node.kind === 'scalar' ? list(node.mark, [node]) : node;
}

function sameDriver(base: Node, over: Node): boolean {
  const driver = (node: Node): unknown => {
    const value = node.kind === 'map' ? node.entries.get('driver')?.value : undefined;
    return value === undefined ? undefined : toPlain(value);
  };
  const [below, above] = [driver(base), driver(over)];
  return below === undefined || above === undefined || below === above;
}

function mergeSubnets(base: ListNode, over: ListNode, at: At): Node {
  const items = [...base.items];
  for (const item of over.items) {
    const subnet = subnetOf(item);
    const index = items.findIndex((candidate) => subnet !== undefined && subnetOf(candidate) === subnet);
    const below = items[index];
    if (below === undefined) items.push(finish(item, at));
    else items[index] = mergeNode(below, item, { ...at, rules: undefined });
  }
  return list(base.mark, items);
}

function subnetOf(node: Node): unknown {
  const value = node.kind === 'map' ? node.entries.get('subnet')?.value : undefined;
  return value === undefined ? undefined : toPlain(value);
}

function kindWords(node: Node): string {
  if (node.kind === 'map') return 'a mapping';
  return node.kind === 'list' ? 'a list' : 'a single value';
}
