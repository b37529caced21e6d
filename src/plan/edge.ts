import { stableJson } from '../kit/index.ts';
import type {
  AppEdge,
  Backend,
  ProxyCheck,
  ProxyConfig,
  ProxyServer,
  Listener,
  Probe,
  PublishedPort,
  Route,
  Rule,
} from '../model/index.ts';
import type { DesiredService } from './desired.ts';

/** What one service wants of the edge: its listeners, and its backends still without servers. */
export type ServiceEdge = {
  readonly listeners: readonly Listener[];
  readonly backends: readonly Backend[];
  /** Backend name to the container port behind it. */
  readonly targets: Readonly<Record<string, number>>;
};

/** The check that HAProxy itself makes, from the probe that berth makes. */
function toEdgeCheck(check: Probe['check'], mode: 'http' | 'tcp'): ProxyCheck {
  if (check.kind === 'http' && mode === 'http') return { kind: 'http', path: check.path, host: check.host };
  return { kind: 'tcp' };
}

/** What {@link serviceEdge} needs: the written or found protocol and check. */
export type ServiceEdgeInput = {
  readonly app: string;
  readonly s: DesiredService;
  readonly protocol: 'http' | 'tcp';
  readonly check: Probe['check'];
};

/** A listener of a service with the backend behind it. */
type Entry = { readonly listeners: readonly Listener[]; readonly backend: Backend; readonly target: number };

/** Derives listeners and backends of a service: one entry for each published TCP port, and one for its named routes. */
export function serviceEdge(input: ServiceEdgeInput): ServiceEdge {
  const published = input.s.service.ports.filter((p) => p.protocol === 'tcp' && p.published !== undefined);
  const entries = [...published.map((p) => portEntry(input, p, published.length === 1)), ...routesEntry(input, published)];
  return {
    listeners: entries.flatMap((e) => e.listeners),
    backends: entries.map((e) => e.backend),
    targets: Object.fromEntries(entries.map((e) => [e.backend.name, e.target])),
  };
}

function portEntry(input: ServiceEdgeInput, p: PublishedPort, isOnly: boolean): Entry {
  const { service } = input.s;
  const port = p.published ?? 0;
  const address = p.hostIp === undefined || p.hostIp === '0.0.0.0' || p.hostIp === '::' ? '' : p.hostIp;
  const routes = service.routes.filter((r) => r.port === port);
  const isMain = p.target === input.s.port || isOnly || service.protocol !== undefined;
  const mode = routes.length > 0 ? 'http' : isMain ? input.protocol : 'tcp';
  const name = `${input.app}.${service.name}.${address === '' ? '' : `${address.replaceAll(':', '_')}_`}${port}`;
  const listener = {
    address,
    port,
    mode,
    rules: toRules(routes, service.name, name),
    fallback: routes.length > 0 ? undefined : name,
  } as const;
  return { listeners: [listener], backend: toBackend(input, { name, mode, target: p.target }), target: p.target };
}

/** Routes on ports that the service does not publish itself share one backend. */
function routesEntry(input: ServiceEdgeInput, published: readonly PublishedPort[]): Entry[] {
  const { service, port } = input.s;
  const own = service.routes.filter((r) => !published.some((p) => p.published === r.port));
  const target = port ?? published[0]?.target;
  if (own.length === 0 || target === undefined) return [];
  const name = `${input.app}.${service.name}.routes`;
  const listeners = [...new Set(own.map((r) => r.port))].map((each): Listener => {
    const routes = own.filter((r) => r.port === each);
    return { address: '', port: each, mode: 'http', rules: toRules(routes, service.name, name), fallback: undefined };
  });
  return [{ listeners, backend: toBackend(input, { name, mode: 'http', target }), target }];
}

function toBackend(input: ServiceEdgeInput, b: { name: string; mode: 'http' | 'tcp'; target: number }): Backend {
  const check = b.target === input.s.port ? toEdgeCheck(input.check, b.mode) : { kind: 'tcp' as const };
  return { name: b.name, app: input.app, service: input.s.service.name, mode: b.mode, check, servers: [] };
}

function toRules(routes: readonly Route[], service: string, backend: string): Rule[] {
  return routes.map((r) => ({ host: r.host?.toLowerCase(), path: r.path, service, backend }));
}

const emptyEdge = (app: string): AppEdge => ({ app, listeners: [], backends: [] });

function ownerOf(edge: AppEdge, l: Listener): string | undefined {
  return l.rules[0]?.service ?? edge.backends.find((b) => b.name === l.fallback)?.service;
}

const listenerKey = (l: Listener): string => `${l.address} ${l.port}`;

/** Whether the edge already has exactly what a service wants, servers apart. */
export function isSettled(edge: AppEdge | undefined, service: string, wanted: ServiceEdge): boolean {
  if (edge === undefined) return false;
  const listeners = edge.listeners.filter((l) => ownerOf(edge, l) === service);
  const backends = edge.backends.filter((b) => b.service === service).map((b) => ({ ...b, servers: [] }));
  return stableJson({ listeners, backends }) === stableJson({ listeners: wanted.listeners, backends: wanted.backends });
}

/** Adds what a service newly wants and keeps what it had, so that old and new instances serve side by side. */
export function openService(before: AppEdge | undefined, app: string, service: string, wanted: ServiceEdge): AppEdge {
  const edge = before ?? emptyEdge(app);
  const mine = edge.backends.filter((b) => b.service === service);
  const serving = mine.reduce<readonly ProxyServer[]>((most, b) => (b.servers.length > most.length ? b.servers : most), []);
  const backends = wanted.backends.map((w): Backend => {
    const known = mine.find((b) => b.name === w.name);
    if (known === undefined) return { ...w, servers: serving.map((s) => ({ ...s, port: wanted.targets[w.name] ?? s.port })) };
    // An instance of the old release need not answer the new check: until it is gone, only its port is checked.
    const check = known.servers.length > 0 && stableJson(known.check) !== stableJson(w.check) ? { kind: 'tcp' as const } : w.check;
    return { ...w, check, servers: known.servers };
  });
  const wantedKeys = new Set(wanted.listeners.map(listenerKey));
  const others = edge.listeners.filter((l) => ownerOf(edge, l) !== service || !wantedKeys.has(listenerKey(l)));
  return {
    app,
    listeners: [...others, ...wanted.listeners],
    backends: [...edge.backends.filter((b) => !backends.some((n) => n.name === b.name)), ...backends],
  };
}

/** Makes the listeners and backends of a service exactly as wanted; servers of kept backends stay. */
export function settleService(before: AppEdge | undefined, app: string, service: string, wanted: ServiceEdge): AppEdge {
  const edge = openService(before, app, service, wanted);
  const rest = forgetService(edge, service);
  const backends = wanted.backends.map((w) => ({ ...w, servers: edge.backends.find((b) => b.name === w.name)?.servers ?? [] }));
  return { app, listeners: [...rest.listeners, ...wanted.listeners], backends: [...rest.backends, ...backends] };
}

/** Takes everything of a service away. */
export function forgetService(edge: AppEdge, service: string): AppEdge {
  return {
    app: edge.app,
    listeners: edge.listeners.filter((l) => ownerOf(edge, l) !== service),
    backends: edge.backends.filter((b) => b.service !== service),
  };
}

/** Puts an instance into every backend of its service, ready, with full weight. */
export function addServer(
  edge: AppEdge,
  input: { service: string; instance: string; address: string; targets: Readonly<Record<string, number>> },
): AppEdge {
  return mapService(edge, input.service, (b) => {
    const port = input.targets[b.name];
    if (port === undefined) return b;
    const server: ProxyServer = { name: input.instance, address: input.address, port, weight: 100, state: 'ready' };
    return { ...b, servers: [...b.servers.filter((s) => s.name !== input.instance), server] };
  });
}

/** Sets an instance to finish what it has and get nothing new. */
export function drainServer(edge: AppEdge, service: string, instance: string): AppEdge {
  return mapService(edge, service, (b) => ({
    ...b,
    servers: b.servers.map((s) => (s.name === instance ? { ...s, state: 'drain' as const } : s)),
  }));
}

/** Takes an instance out of every backend of its service. */
export function removeServer(edge: AppEdge, service: string, instance: string): AppEdge {
  return mapService(edge, service, (b) => ({ ...b, servers: b.servers.filter((s) => s.name !== instance) }));
}

/** Instances of a service in a state, in any of its backends. */
export function serversOf(edge: AppEdge | undefined, service: string, state: ProxyServer['state']): string[] {
  const names = (edge?.backends ?? [])
    .filter((b) => b.service === service)
    .flatMap((b) => b.servers.filter((s) => s.state === state).map((s) => s.name));
  return [...new Set(names)];
}

function mapService(edge: AppEdge, service: string, change: (b: Backend) => Backend): AppEdge {
  return { ...edge, backends: edge.backends.map((b) => (b.service === service ? change(b) : b)) };
}

/** Two claims on one place of the edge. `first` and `second` are `app/service`. */
export type RouteConflict = { readonly what: string; readonly first: string; readonly second: string };

/** Finds every claim that cannot be had by two: the same rule, the same whole port, or a port with two modes. */
export function findConflicts(edges: readonly AppEdge[]): RouteConflict[] {
  const claims = new Map<string, string>();
  const modes = new Map<string, { mode: string; owner: string }>();
  const conflicts: RouteConflict[] = [];
  const claim = (what: string, owner: string): void => {
    const first = claims.get(what);
    if (first !== undefined && first !== owner) conflicts.push({ what, first, second: owner });
    else claims.set(what, owner);
  };
  for (const edge of edges) {
    for (const l of edge.listeners) {
      const owner = `${edge.app}/${ownerOf(edge, l) ?? '?'}`;
      const place = `port ${l.port}${l.address === '' ? '' : ` on ${l.address}`}`;
      const known = modes.get(listenerKey(l));
      if (known !== undefined && known.owner !== owner && (known.mode === 'tcp' || l.mode === 'tcp'))
        conflicts.push({ what: place, first: known.owner, second: owner });
      else modes.set(listenerKey(l), { mode: l.mode, owner });
      if (l.fallback !== undefined) claim(place, owner);
      for (const r of l.rules) claim(`${r.host ?? 'any host'}${r.path} on ${place}`, owner);
    }
  }
  return conflicts;
}

/** The one configuration of the edge from what all apps want: equal addresses share a listener, rules most specific first. */
export function mergeEdges(edges: readonly AppEdge[]): ProxyConfig {
  const listeners = new Map<string, Listener>();
  for (const l of edges.flatMap((e) => e.listeners)) {
    const known = listeners.get(listenerKey(l));
    const merged: Listener =
      known === undefined ? l : { ...known, rules: [...known.rules, ...l.rules], fallback: known.fallback ?? l.fallback };
    listeners.set(listenerKey(l), { ...merged, rules: merged.rules.toSorted(bySpecificity) });
  }
  return {
    listeners: [...listeners.values()].toSorted((a, b) => a.port - b.port || a.address.localeCompare(b.address)),
    backends: edges.flatMap((e) => e.backends).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Exact hosts, then wildcards, then any; within a host the longest path first. */
function bySpecificity(a: Rule, b: Rule): number {
  const rank = (r: Rule): number => (r.host === undefined ? 2 : r.host.startsWith('*.') ? 1 : 0);
  return (
    rank(a) - rank(b) ||
    (b.host ?? '').length - (a.host ?? '').length ||
    b.path.length - a.path.length ||
    (a.host ?? '').localeCompare(b.host ?? '') ||
    a.path.localeCompare(b.path)
  );
}
