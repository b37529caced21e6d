import { asNames, dependency } from '../merge.ts';
import {
  child,
  isNull,
  list,
  map,
  mapOf,
  scalar,
  toPlain,
  withEntry,
  type Entry,
  type ListNode,
  type MapNode,
  type Node,
  type Plain,
} from '../text/node.ts';
import { splitWords } from '../text/shell-words.ts';
import { parseDevice, parsePort, parseVolume } from '../text/short-forms.ts';
import { absolutePath, type Base } from './paths.ts';

/** Text that is valid for its kind, or undefined. */
function textOf(node: Node): string | undefined {
  return node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

/** A command line as its words. */
export function longCommand(node: Node): Node {
  const text = textOf(node);
  if (text === undefined) return node;
  const split = splitWords(text);
  return split.ok
    ? list(
        node.mark,
        split.words.map((word) => scalar(node.mark, word)),
      )
    : node;
}

/** `test: LINE` as the list that the engine wants. */
export function longTest(node: Node): Node {
  const text = textOf(node);
  return text === undefined ? node : list(node.mark, [scalar(node.mark, 'CMD-SHELL'), node]);
}

/** Every mapping of `ports` by itself in the long form; one that is written twice counts once. */
export function longPorts(node: Node): Node {
  if (node.kind !== 'list') return node;
  const byKey = new Map<string, Node>();
  for (const item of node.items.flatMap(longPort)) {
    const key = ['host_ip', 'published', 'target', 'protocol'].map((name) => plainAt(item, name));
    byKey.set(JSON.stringify(key), item);
  }
  return list(node.mark, [...byKey.values()]);
}

function plainAt(node: Node, key: string): Plain {
  const value = child(node, key);
  return value === undefined ? '' : toPlain(value);
}

function longPort(item: Node): readonly Node[] {
  if (item.kind === 'list') return [];
  if (item.kind === 'map') {
    const published = item.entries.get('published')?.value;
    const withText =
      published?.kind === 'scalar' && typeof published.value === 'number'
        ? withEntry(item, 'published', { ...published, value: String(published.value) })
        : item;
    return [withDefaults(withText, { mode: 'ingress', protocol: 'tcp' })];
  }
  if (item.broken === true || (typeof item.value !== 'string' && typeof item.value !== 'number')) return [];
  const parsed = parsePort(String(item.value));
  if (!parsed.ok) return [];
  return parsed.mappings.map((mapping) =>
    mapOf(item.mark, {
      mode: 'ingress',
      host_ip: mapping.hostIp,
      target: mapping.target,
      published: mapping.published,
      protocol: mapping.protocol,
    }),
  );
}

function withDefaults(node: MapNode, defaults: Readonly<Record<string, string>>): MapNode {
  let result = node;
  for (const [key, value] of Object.entries(defaults)) {
    if (!result.entries.has(key)) result = withEntry(result, key, scalar(node.mark, value));
  }
  return result;
}

/** Every mount in the long form, one for each target; the last one written wins. */
export function longVolumes(node: Node, base: Base): Node {
  if (node.kind !== 'list') return node;
  return uniqueBy(
    list(
      node.mark,
      node.items.map((item) => longVolume(item, base)),
    ),
    (item) => child(item, 'target'),
  );
}

function longVolume(item: Node, base: Base): Node {
  const text = textOf(item);
  if (text !== undefined) return volumeOfLine(item, text, base);
  if (item.kind !== 'map') return item;
  const withSource = typeOf(item) === 'bind' ? changeText(item, 'source', (source) => absolutePath(source, base)) : item;
  return changeText(withSource, 'target', cleanTarget);
}

function volumeOfLine(item: Node, text: string, base: Base): Node {
  const parsed = parseVolume(text);
  if (!parsed.ok) return item;
  const { volume } = parsed;
  const { mark } = item;
  const common = { target: cleanTarget(volume.target), read_only: volume.readOnly ? true : undefined };
  if (volume.type === 'volume') {
    const options = mapOf(mark, { nocopy: volume.noCopy ? true : undefined });
    return mapOf(mark, { type: 'volume', source: volume.source, ...common, volume: options });
  }
  const bind = mapOf(mark, { propagation: volume.propagation, selinux: volume.selinux, create_host_path: true });
  return mapOf(mark, { type: 'bind', source: absolutePath(volume.source ?? '', base), ...common, bind });
}

/** A map with the text under a key changed, when there is one. */
function changeText(node: MapNode, key: string, apply: (text: string) => string): MapNode {
  const value = node.entries.get(key)?.value;
  const text = value === undefined ? undefined : textOf(value);
  return value === undefined || text === undefined ? node : withEntry(node, key, scalar(value.mark, apply(text)));
}

function typeOf(node: MapNode): string | undefined {
  const type = node.entries.get('type')?.value;
  return type === undefined ? undefined : textOf(type);
}

function cleanTarget(target: string): string {
  return target.length > 1 ? target.replaceAll(/\/+/g, '/').replace(/\/$/, '') : target;
}

/** Every device in the long form, one for each target. */
export function longDevices(node: Node): Node {
  if (node.kind !== 'list') return node;
  const items = node.items.map((item) => {
    const text = textOf(item);
    if (text === undefined) return item;
    const parsed = parseDevice(text);
    return parsed.ok ? mapOf(item.mark, { source: parsed.source, target: parsed.target, permissions: parsed.permissions }) : item;
  });
  return uniqueBy(list(node.mark, items), (item) => child(item, 'target'));
}

/** Every secret or config of a service in the long form, one for each target. */
export function longGrants(node: Node, defaultTarget?: (source: string) => string): Node {
  if (node.kind !== 'list') return node;
  const items = node.items.map((item) => {
    const long = textOf(item) === undefined ? item : mapOf(item.mark, { source: item });
    if (long.kind !== 'map' || long.entries.has('target') || defaultTarget === undefined) return long;
    const source = long.entries.get('source')?.value;
    const name = source === undefined ? undefined : textOf(source);
    return name === undefined ? long : withEntry(long, 'target', scalar(item.mark, defaultTarget(name)));
  });
  return uniqueBy(list(node.mark, items), (item) => child(item, 'target') ?? child(item, 'source'));
}

/** `depends_on` as a mapping in which each entry says whether it is required. */
export function longDependencies(node: Node): Node {
  const names = asNames(node, dependency);
  if (names.kind !== 'map') return names;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of names.entries) {
    const { value } = entry;
    const complete =
      value.kind === 'map' && !value.entries.has('required') ? withEntry(value, 'required', scalar(value.mark, true)) : value;
    entries.set(key, { key: entry.key, value: complete });
  }
  return map(names.mark, entries);
}

/** `env_file` as a list of paths, each saying whether it must be there. */
export function longEnvFiles(node: Node, base: Base): Node {
  const items = node.kind === 'list' ? node.items : [node];
  const files = list(
    node.mark,
    items.map((item) => {
      const long = textOf(item) === undefined ? item : mapOf(item.mark, { path: item });
      if (long.kind !== 'map') return long;
      const file = long.entries.get('path')?.value;
      const text = file === undefined ? undefined : textOf(file);
      const absolute =
        file === undefined || text === undefined ? long : withEntry(long, 'path', scalar(file.mark, absolutePath(text, base)));
      return absolute.entries.has('required') ? absolute : withEntry(absolute, 'required', scalar(item.mark, true));
    }),
  );
  return uniqueBy(files, (item) => child(item, 'path'));
}

/** `gpus: all` as a list of one request. */
export function longGpus(node: Node): Node {
  return textOf(node) === 'all' ? list(node.mark, [mapOf(node.mark, { count: -1 })]) : longDeviceRequests(node);
}

/** Requests for devices in which `all` is the number that stands for it. */
export function longDeviceRequests(node: Node): Node {
  if (node.kind !== 'list') return node;
  const items = node.items.map((item) => {
    const count = child(item, 'count');
    return item.kind === 'map' && count !== undefined && textOf(count) === 'all' ? withEntry(item, 'count', scalar(count.mark, -1)) : item;
  });
  return { ...node, items };
}

/** A list in which each text counts once. */
export function uniqueTexts(node: Node): Node {
  if (node.kind !== 'list') return node;
  const seen = new Map<string, Node>();
  for (const item of node.items) {
    const value = item.kind === 'scalar' && item.value !== null ? String(item.value) : JSON.stringify(toPlain(item));
    if (!seen.has(value)) seen.set(value, item.kind === 'scalar' && typeof item.value === 'number' ? { ...item, value } : item);
  }
  return list(node.mark, [...seen.values()]);
}

/** Of items with the same key the last one stays, in the place of the first. */
function uniqueBy(node: ListNode, keyOf: (item: Node) => Node | undefined): ListNode {
  const byKey = new Map<string, Node>();
  for (const [index, item] of node.items.entries()) {
    const value = keyOf(item);
    byKey.set(value === undefined ? `#${String(index)}` : JSON.stringify(toPlain(value)), item);
  }
  return list(node.mark, [...byKey.values()]);
}

/** `external: {name: X}`, the old spelling, as `external: true` with a name. */
export function longExternal(node: Node): Node {
  if (node.kind !== 'map') return node;
  const external = node.entries.get('external')?.value;
  if (external?.kind !== 'map') return node;
  const name = external.entries.get('name')?.value;
  const marked = withEntry(node, 'external', scalar(external.mark, true));
  return name === undefined || marked.entries.has('name') ? marked : withEntry(marked, 'name', name);
}

/** Null values of a map of texts as empty texts. */
export function emptyTexts(node: Node): Node {
  if (node.kind !== 'map') return node;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries)
    entries.set(key, isNull(entry.value) ? { key: entry.key, value: scalar(entry.value.mark, '') } : entry);
  return map(node.mark, entries);
}
