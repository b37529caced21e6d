import { asAssignments, asBuild, asHosts, asNames, asSequence } from '../merge.ts';
import { isNull, map, mapOf, scalar, withEntry, type Entry, type MapNode, type Node, type Tag } from '../text/node.ts';
import {
  emptyTexts,
  longCommand,
  longDependencies,
  longDeviceRequests,
  longDevices,
  longEnvFiles,
  longExternal,
  longGpus,
  longGrants,
  longPorts,
  longTest,
  longVolumes,
  uniqueTexts,
} from './long-forms.ts';
import type { Mark } from '../text/source.ts';
import { absolutePath, isRemoteContext, type Base } from './paths.ts';

type Change = (node: Node, base: Base) => Node;

const texts: Change = (node) => emptyTexts(asAssignments(node));

/** A path as an absolute one. */
function pathOf(node: Node, base: Base): Node {
  return node.kind === 'scalar' && typeof node.value === 'string' && node.value !== ''
    ? { ...node, value: absolutePath(node.value, base) }
    : node;
}

/** A directory of a build, or an address that it is fetched from. */
const contextOf: Change = (node, base) =>
  node.kind === 'scalar' && typeof node.value === 'string' && isRemoteContext(node.value) ? node : pathOf(node, base);

const watchChanges: Readonly<Record<string, Change>> = {
  path: pathOf,
  ignore: (node) => asSequence(node),
  include: (node) => asSequence(node),
};

const developChanges: Readonly<Record<string, Change>> = {
  watch: (node, base) =>
    node.kind === 'list'
      ? { ...node, items: node.items.map((item) => (item.kind === 'map' ? change(item, watchChanges, base) : item)) }
      : node,
};

const buildChanges: Readonly<Record<string, Change>> = {
  context: contextOf,
  additional_contexts: (node, base) => each(asAssignments(node), (item) => contextOf(item, base)),
  args: asAssignments,
  labels: texts,
  extra_hosts: asHosts,
  secrets: (node) => longGrants(node),
  tags: uniqueTexts,
};

const hookChanges: Readonly<Record<string, Change>> = { command: longCommand, environment: asAssignments };

const hooks: Change = (node, base) =>
  node.kind === 'list'
    ? { ...node, items: node.items.map((item) => (item.kind === 'map' ? change(item, hookChanges, base) : item)) }
    : node;

const reservationChanges: Readonly<Record<string, Change>> = { devices: longDeviceRequests };

const resourcesChanges: Readonly<Record<string, Change>> = {
  reservations: (node, base) => (node.kind === 'map' ? change(node, reservationChanges, base) : node),
};

const deployChanges: Readonly<Record<string, Change>> = {
  labels: texts,
  resources: (node, base) => (node.kind === 'map' ? change(node, resourcesChanges, base) : node),
};

const attachmentChanges: Readonly<Record<string, Change>> = { aliases: uniqueTexts, link_local_ips: uniqueTexts };

const attachments: Change = (node, base) =>
  each(
    asNames(node, (item) => scalar(item.mark, null)),
    (item) => (item.kind === 'map' ? change(item, attachmentChanges, base) : item),
  );

const loggingChanges: Readonly<Record<string, Change>> = { options: texts };

const serviceChanges: Readonly<Record<string, Change>> = {
  build: (node, base) => {
    const long = asBuild(node);
    if (long.kind !== 'map') return long;
    const withContext = long.entries.has('context') ? long : withEntry(long, 'context', scalar(long.mark, '.'));
    return change(withContext, buildChanges, base);
  },
  command: longCommand,
  entrypoint: longCommand,
  depends_on: longDependencies,
  networks: attachments,
  logging: (node, base) => (node.kind === 'map' ? change(node, loggingChanges, base) : node),
  environment: asAssignments,
  labels: texts,
  annotations: texts,
  sysctls: texts,
  extra_hosts: asHosts,
  env_file: longEnvFiles,
  label_file: (node, base) => {
    const long = asSequence(node);
    return long.kind === 'list' ? { ...long, items: long.items.map((item) => pathOf(item, base)) } : long;
  },
  develop: (node, base) => (node.kind === 'map' ? change(node, developChanges, base) : node),
  models: (node) => asNames(node, (item) => scalar(item.mark, null)),
  dns: (node) => uniqueTexts(asSequence(node)),
  dns_search: (node) => uniqueTexts(asSequence(node)),
  dns_opt: uniqueTexts,
  tmpfs: (node) => uniqueTexts(asSequence(node)),
  ports: longPorts,
  volumes: longVolumes,
  devices: longDevices,
  secrets: (node) => longGrants(node, (source) => `/run/secrets/${source}`),
  configs: (node) => longGrants(node),
  gpus: longGpus,
  pull_policy: (node) => (node.kind === 'scalar' && node.value === 'if_not_present' ? { ...node, value: 'missing' } : node),
  expose: uniqueTexts,
  cap_add: uniqueTexts,
  cap_drop: uniqueTexts,
  links: uniqueTexts,
  profiles: uniqueTexts,
  group_add: uniqueTexts,
  post_start: hooks,
  pre_stop: hooks,
  healthcheck: (node, base) => (node.kind === 'map' ? change(node, { test: longTest }, base) : node),
  deploy: (node, base) => (node.kind === 'map' ? change(node, deployChanges, base) : node),
};

function change(node: MapNode, changes: Readonly<Record<string, Change>>, base: Base): MapNode {
  let changed = false;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const apply = Object.hasOwn(changes, key) ? changes[key] : undefined;
    const value = apply === undefined || !isWhole(entry.value) ? entry.value : withTag(apply(entry.value, base), entry.value.tag);
    if (value !== entry.value) changed = true;
    entries.set(key, value === entry.value ? entry : { key: entry.key, value });
  }
  return changed ? { ...node, entries } : node;
}

/** Whether there is a value at all: not one that was reported as wrong, or that only takes another away. */
function isWhole(node: Node): boolean {
  return node.tag !== 'reset' && !(node.kind === 'scalar' && node.broken === true);
}

function withTag(node: Node, tag: Tag | undefined): Node {
  return node.tag === tag ? node : { ...node, tag };
}

/** Each value of a map of maps, changed. */
function each(node: Node, apply: (node: Node, key: string) => Node): Node {
  if (node.kind !== 'map') return node;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const value = isWhole(entry.value) ? withTag(apply(entry.value, key), entry.value.tag) : entry.value;
    entries.set(key, value === entry.value ? entry : { key: entry.key, value });
  }
  return { ...node, entries };
}

/** The document with every short form written out and paths absolute, and nothing added: what another file can be laid over. */
export function longForms(document: MapNode, base: Base): MapNode {
  const resource: Change = (node, at) => each(node, (item) => longResource(item, at));
  return change(
    document,
    {
      services: (node) => each(node, (service) => (service.kind === 'map' ? change(service, serviceChanges, base) : service)),
      networks: resource,
      volumes: resource,
      secrets: resource,
      configs: resource,
    },
    base,
  );
}

/** The document with every short form written out, paths absolute, names and the default network filled in. */
export function canonical(document: MapNode, base: Base & { readonly name: string }): MapNode {
  const name: Change = (node) => each(node, (item, key) => withName(item, { key, project: base.name }));
  const filled = change(
    longForms(document, base),
    {
      services: (node) => each(node, (service) => (service.kind === 'map' ? withUnwritten(service) : service)),
      networks: name,
      volumes: name,
      secrets: name,
      configs: name,
    },
    base,
  );
  const named = withEntry(filled, 'name', scalar(document.mark, base.name));
  return withDefaultNetwork(named, base.name);
}

/** A service with what it means without being written: dependencies, and the default network. */
function withUnwritten(service: MapNode): MapNode {
  const changed = withImplied(service);
  if (changed.entries.has('network_mode') || changed.entries.has('provider')) return changed;
  const networks = changed.entries.get('networks')?.value;
  if (networks !== undefined && !(networks.kind === 'map' && networks.entries.size === 0)) return changed;
  return withEntry(changed, 'networks', mapOf(service.mark, { default: null }));
}

/** Adds to `depends_on` what links, shared namespaces and `volumes_from` imply. */
function withImplied(service: MapNode): MapNode {
  const written = service.entries.get('depends_on')?.value ?? map(service.mark, new Map());
  if (written.kind !== 'map') return service;
  let result = written;
  for (const { name, restart, mark } of implied(service)) {
    if (result.entries.has(name)) continue;
    const entry = mapOf(mark, { condition: 'service_started', required: true, restart: restart ? true : undefined });
    result = withEntry(result, name, entry, mark);
  }
  return result === written ? service : withEntry(service, 'depends_on', result, service.mark);
}

type Implied = { readonly name: string; readonly restart: boolean; readonly mark: Mark };

function implied(service: MapNode): Implied[] {
  const texts = (key: string): { text: string; mark: Mark }[] => {
    const node = service.entries.get(key)?.value;
    return (node?.kind === 'list' ? node.items : node === undefined ? [] : [node]).flatMap((item) =>
      item.kind === 'scalar' && typeof item.value === 'string' ? [{ text: item.value, mark: item.mark }] : [],
    );
  };
  const links = texts('links').map(({ text, mark }) => ({ name: text.split(':')[0] ?? '', restart: true, mark }));
  const namespaces = ['network_mode', 'ipc', 'pid', 'uts']
    .flatMap(texts)
    .flatMap(({ text, mark }) => (text.startsWith('service:') ? [{ name: text.slice('service:'.length), restart: true, mark }] : []));
  const volumes = texts('volumes_from')
    .filter(({ text }) => !text.startsWith('container:'))
    .map(({ text, mark }) => ({ name: text.split(':')[0] ?? '', restart: false, mark }));
  return [...links, ...namespaces, ...volumes];
}

const resourceChanges: Readonly<Record<string, Change>> = { labels: texts, file: pathOf };

function longResource(node: Node, base: Base): Node {
  const long = longExternal(node);
  return long.kind === 'map' ? change(long, resourceChanges, base) : long;
}

function withName(node: Node, at: { readonly key: string; readonly project: string }): Node {
  const resource = isNull(node) ? map(node.mark, new Map()) : node;
  if (resource.kind !== 'map' || resource.entries.has('name')) return resource;
  const external = resource.entries.get('external')?.value;
  const isExternal = external?.kind === 'scalar' && (external.value === true || external.value === 'true');
  return withEntry(resource, 'name', scalar(node.mark, isExternal ? at.key : `${at.project}_${at.key}`));
}

function withDefaultNetwork(document: MapNode, project: string): MapNode {
  const services = document.entries.get('services')?.value;
  if (services?.kind !== 'map') return document;
  const used = [...services.entries.values()].some(({ value }) => {
    const networks = value.kind === 'map' ? value.entries.get('networks')?.value : undefined;
    return networks?.kind === 'map' && networks.entries.has('default');
  });
  const networks = document.entries.get('networks')?.value ?? map(document.mark, new Map());
  if (!used || networks.kind !== 'map' || networks.entries.has('default')) return document;
  const standard = mapOf(document.mark, { name: `${project}_default` });
  return withEntry(document, 'networks', withEntry(networks, 'default', standard), document.mark);
}
