import { stableJson } from '../kit/index.ts';
import type { Backend, Front, Internal, Listener, Probe, ProxyServer, ServiceFront } from '../model/index.ts';
import type { DesiredService } from './desired.ts';
import { asked, speak, spokenTo } from './edge.ts';
import { updateOrder, whyStopFirst, type Ordered } from './update-order.ts';

/** Ports that the kernel gives to whoever asks for none (`ip_local_port_range`): found ones there are nobody's address. */
const handedOut = { first: 32_768, last: 60_999 };

/** What one service wants of its front: a listener and a backend for each known TCP port. */
export type FrontWish = { readonly listeners: readonly Listener[]; readonly backends: readonly Backend[] };

/** An instance as a front reaches it: the TCP ports that it listens on. */
export type FrontServer = { readonly name: string; readonly address: string; readonly ports: readonly number[] };

/** How other services reach a service by its name, and why: what the file says, else a front wherever an update would be felt. */
export function internalOf(s: Ordered, externalNetworks: ReadonlySet<string>): Internal {
  const never = whyNever(s);
  if (never !== undefined) return { kind: 'none', why: never };
  const plain = whyPlain(s, externalNetworks);
  if (plain !== undefined) return { kind: 'dns', why: plain };
  if (s.service.internal !== undefined) return { kind: s.service.internal, why: 'the file says so' };
  if (s.replicas > 1) return { kind: 'front', why: `it has ${s.replicas} instances` };
  if (updateOrder(s).order === 'start-first') return { kind: 'front', why: 'two instances run side by side while it is updated' };
  return { kind: 'dns', why: `it is updated stop-first: ${whyStopFirst(s) ?? 'the file says so'}` };
}

function whyNever(s: Ordered): string | undefined {
  if (s.isJob) return 'it is a job';
  if (s.service.networkMode !== undefined) return `network_mode is ${s.service.networkMode}`;
  return s.tcpPorts.length === 0 ? 'no TCP port of it is known' : undefined;
}

function whyPlain({ service }: Ordered, externalNetworks: ReadonlySet<string>): string | undefined {
  const udp = service.ports.find((p) => p.protocol === 'udp')?.target ?? service.container.exposedUdp[0];
  if (udp !== undefined) return `a front carries TCP only, and it has UDP port ${udp}`;
  return service.networks.every((n) => externalNetworks.has(n.network)) ? 'it has no network of the app' : undefined;
}

/** Whether other services reach a service through a front. */
export function hasFront(s: Pick<DesiredService, 'internal'>): boolean {
  return s.internal.kind === 'front';
}

/** What {@link serviceFront} needs: the written or found protocol and check. */
export type FrontInput = {
  readonly app: string;
  readonly s: DesiredService;
  readonly protocol: 'http' | 'tcp';
  readonly check: Probe['check'];
};

/** Derives the listeners and backends of a service's front: one for each known TCP port, HTTP on the service's own. */
export function serviceFront(input: FrontInput): FrontWish {
  const ports = input.s.tcpPorts.map((port) => portOf(input, port));
  return { listeners: ports.map((p) => p.listener), backends: ports.map((p) => p.backend) };
}

function portOf({ app, s, protocol, check }: FrontInput, port: number): { listener: Listener; backend: Backend } {
  const isMain = port === s.port;
  const mode = isMain ? protocol : 'tcp';
  const entry = plainPort({ app, service: s.service.name }, port);
  const own = isMain && mode === 'http' && check.kind === 'http' ? { kind: check.kind, path: check.path, host: check.host } : undefined;
  return {
    listener: { ...entry.listener, mode },
    backend: {
      ...entry.backend,
      mode,
      check: own ?? { kind: 'tcp' },
      ...(mode === 'http' && s.service.h2 === true ? { h2: true } : {}),
      ...(isMain && s.service.sendProxy !== undefined ? { sendProxy: s.service.sendProxy } : {}),
    },
  };
}

/** A port of which nothing is known but that instances listen on it. */
function plainPort(of: { app: string; service: string }, port: number): { listener: Listener; backend: Backend } {
  const name = `${of.app}.${of.service}.${port}`;
  return {
    listener: { address: '', port, mode: 'tcp', rules: [], fallback: name },
    backend: { name, app: of.app, service: of.service, mode: 'tcp', check: { kind: 'tcp' }, servers: [] },
  };
}

/** Which of the sockets found on a ready instance its front carries: reached from outside, and of a lasting number. */
export function portsToCarry(found: readonly { address: string; port: number }[], known: readonly number[]): number[] {
  const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
  const ports = found.filter((l) => !isLoopback(l.address)).map((l) => l.port);
  const lasts = (port: number): boolean => known.includes(port) || port < handedOut.first || port > handedOut.last;
  return [...new Set(ports.filter(lasts))].toSorted((a, b) => a - b);
}

/** Adds what a service newly wants and keeps what its front had, so that old and new instances serve side by side. */
export function openFront(before: ServiceFront | undefined, place: Front, wanted: FrontWish): ServiceFront {
  const known = before ?? { listeners: [], backends: [] };
  const backends = wanted.backends.map((w): Backend => {
    const same = known.backends.find((b) => b.name === w.name);
    const servers = same?.servers ?? [];
    const differs = same !== undefined && asked(same) !== asked(w);
    // An instance of the old release need not answer the new check: until it is gone, only its port is checked.
    return { ...w, check: servers.length > 0 && differs ? { kind: 'tcp' } : w.check, servers };
  });
  const wantedPorts = new Set(wanted.listeners.map((l) => l.port));
  const names = new Set(wanted.backends.map((b) => b.name));
  return {
    ...place,
    listeners: [...wanted.listeners, ...known.listeners.filter((l) => !wantedPorts.has(l.port))],
    backends: [...backends, ...known.backends.filter((b) => !names.has(b.name))],
  };
}

/** Makes a front exactly as wanted; of the ports that were only found, those stay that an instance still listens on. */
export function settleFront(before: ServiceFront | undefined, place: Front, wanted: FrontWish): ServiceFront {
  const open = openFront(before, place, wanted);
  const backends = open.backends.map((b) => {
    const exact = wanted.backends.find((w) => w.name === b.name);
    return exact === undefined ? b : { ...exact, servers: b.servers.map((s) => speak(s, exact)) };
  });
  return withoutUnused({ ...open, backends }, wanted);
}

function withoutUnused(front: ServiceFront, wanted: FrontWish): ServiceFront {
  const names = new Set(wanted.backends.map((b) => b.name));
  const backends = front.backends.filter((b) => names.has(b.name) || b.servers.length > 0);
  const kept = new Set(backends.map((b) => b.name));
  return { ...front, backends, listeners: front.listeners.filter((l) => l.fallback !== undefined && kept.has(l.fallback)) };
}

/** Whether a front already is where it should be and carries what it should, servers apart. */
export function isFrontSettled(front: ServiceFront | undefined, place: Front, wanted: FrontWish): boolean {
  if (front === undefined) return false;
  const settled = settleFront(front, { ...place, networks: front.networks }, wanted);
  return stableJson(settled) === stableJson(front) && stableJson(namesOf(place)) === stableJson(namesOf(front));
}

/** Addresses are given when a front is made; whether it is the right one is a matter of networks and names. */
function namesOf(front: Front): unknown {
  return { app: front.app, service: front.service, networks: front.networks.map(({ name, aliases }) => ({ name, aliases })) };
}

/** Puts an instance behind each port that it listens on, ready, with full weight; a port that was not known is added. */
export function addToFront(front: ServiceFront, server: FrontServer): ServiceFront {
  const unknown = server.ports.filter((port) => !front.listeners.some((l) => l.port === port)).map((port) => plainPort(front, port));
  const all = {
    ...front,
    listeners: [...front.listeners, ...unknown.map((p) => p.listener)],
    backends: [...front.backends, ...unknown.map((p) => p.backend)],
  };
  const portsByBackend = new Map(all.listeners.map((l) => [l.fallback, l.port]));
  return {
    ...all,
    backends: all.backends.map((b) => {
      const port = portsByBackend.get(b.name);
      const others = b.servers.filter((s) => s.name !== server.name);
      if (port === undefined || !server.ports.includes(port)) return { ...b, servers: others };
      const added: ProxyServer = { name: server.name, address: server.address, port, weight: 100, state: 'ready', ...spokenTo(b) };
      return { ...b, servers: [...others, added] };
    }),
  };
}

/** Sets an instance to finish what it has and get nothing new. */
export function drainInFront(front: ServiceFront, instance: string): ServiceFront {
  const drained = (s: ProxyServer): ProxyServer => (s.name === instance ? { ...s, state: 'drain' } : s);
  return { ...front, backends: front.backends.map((b) => ({ ...b, servers: b.servers.map(drained) })) };
}

/** Takes an instance out of a front, and ports with it that nobody else listens on and nobody wrote. */
export function removeFromFront(front: ServiceFront, instance: string, wanted: FrontWish): ServiceFront {
  const backends = front.backends.map((b) => ({ ...b, servers: b.servers.filter((s) => s.name !== instance) }));
  return withoutUnused({ ...front, backends }, wanted);
}
