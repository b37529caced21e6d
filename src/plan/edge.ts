import { stableJson } from '../kit/index.ts';
import type { AppEdge, Backend, Listener, Maintenance, ProxyConfig, ProxyServer } from '../model/index.ts';
import type { ServiceEdge } from './edge-service.ts';

const emptyEdge = (app: string): AppEdge => ({ app, listeners: [], backends: [] });

/** The service that a listener is there for. */
export function ownerOf(edge: ProxyConfig, l: Listener): string | undefined {
  return l.rules[0]?.service ?? edge.backends.find((b) => b.name === l.fallback)?.service;
}

/** Listeners with the same key are one socket. */
export const listenerKey = (l: Listener): string => `${l.address} ${l.port}`;

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
    const check = known.servers.length > 0 && asked(known) !== asked(w) ? { kind: 'tcp' as const } : w.check;
    return { ...w, check, servers: known.servers };
  });
  const wantedKeys = new Set(wanted.listeners.map(listenerKey));
  const others = edge.listeners.filter((l) => ownerOf(edge, l) !== service || !wantedKeys.has(listenerKey(l)));
  return {
    ...edge,
    listeners: [...others, ...wanted.listeners],
    backends: [...edge.backends.filter((b) => !backends.some((n) => n.name === b.name)), ...backends],
  };
}

/** What HAProxy's check asks, and how: two backends with the same text ask the same. */
export const asked = (b: Backend): string => stableJson([b.check, b.h2 === true]);

/** Makes the listeners and backends of a service exactly as wanted; servers of kept backends stay. */
export function settleService(before: AppEdge | undefined, app: string, service: string, wanted: ServiceEdge): AppEdge {
  const edge = openService(before, app, service, wanted);
  const rest = withoutService(edge, service);
  const backends = wanted.backends.map((w) => ({
    ...w,
    servers: (edge.backends.find((b) => b.name === w.name)?.servers ?? []).map((s) => speak(s, w)),
  }));
  return { ...rest, listeners: [...rest.listeners, ...wanted.listeners], backends: [...rest.backends, ...backends] };
}

/** Takes everything of a service away, also that it is in maintenance. */
export function forgetService(edge: AppEdge, service: string): AppEdge {
  return setMaintenance(withoutService(edge, service), [service], undefined);
}

function withoutService(edge: AppEdge, service: string): AppEdge {
  return {
    ...edge,
    listeners: edge.listeners.filter((l) => ownerOf(edge, l) !== service),
    backends: edge.backends.filter((b) => b.service !== service),
  };
}

/** A server spoken to as its backend says now. */
export function speak({ h2: _h2, sendProxy: _sendProxy, ...server }: ProxyServer, b: Backend): ProxyServer {
  return { ...server, ...spokenTo(b) };
}

/** How instances of the wanted release are spoken to; nothing is said where it is the usual way. */
export function spokenTo({ h2, sendProxy }: Backend): Pick<ProxyServer, 'h2' | 'sendProxy'> {
  return { ...(h2 === true ? { h2 } : {}), ...(sendProxy === undefined ? {} : { sendProxy }) };
}

/** Puts an instance into every backend of its service, ready, with full weight. */
export function addServer(
  edge: AppEdge,
  input: { service: string; instance: string; address: string; targets: Readonly<Record<string, number>> },
): AppEdge {
  return mapService(edge, input.service, (b) => {
    const port = input.targets[b.name];
    if (port === undefined) return b;
    const place = { name: input.instance, address: input.address, port };
    const server: ProxyServer = { ...place, weight: 100, state: 'ready', ...spokenTo(b) };
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

/** Puts services into maintenance, with the page that they answer with, or (without words for it) takes them out of it. */
export function setMaintenance(edge: AppEdge, services: readonly string[], words: Maintenance[string] | undefined): AppEdge {
  const { maintenance: before = {}, ...rest } = edge;
  const others = Object.entries(before).filter(([name]) => !services.includes(name));
  const added = words === undefined ? [] : services.map((name): [string, Maintenance[string]] => [name, words]);
  const maintenance = Object.fromEntries([...others, ...added]);
  return Object.keys(maintenance).length === 0 ? rest : { ...rest, maintenance };
}
