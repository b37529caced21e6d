import { sha256, stableJson } from '../kit/index.ts';
import type { Backend, Listener, ListenerCertificate, Probe, ProxyCheck, PublishedPort, Route, Rule, Service } from '../model/index.ts';
import type { DesiredService } from './desired.ts';

/** What one service wants of the edge: its listeners, and its backends still without servers. */
export type ServiceEdge = {
  readonly listeners: readonly Listener[];
  readonly backends: readonly Backend[];
  /** Backend name to the container port behind it. */
  readonly targets: Readonly<Record<string, number>>;
};

/** What {@link serviceEdge} needs: the written or found protocol and check, and the certificates that are there. */
export type ServiceEdgeInput = {
  readonly app: string;
  readonly s: DesiredService;
  readonly protocol: 'http' | 'tcp';
  readonly check: Probe['check'];
  readonly certificates: readonly ListenerCertificate[];
};

/** A backend of a service and the container port behind it. */
type Behind = { readonly backend: Backend; readonly target: number };
type Entry = { readonly listeners: readonly Listener[]; readonly behind: readonly Behind[] };

/** Derives listeners and backends of a service from its published TCP ports and its routes. */
export function serviceEdge(input: ServiceEdgeInput): ServiceEdge {
  const { service } = input.s;
  const published = service.ports.filter((p) => p.protocol === 'tcp' && p.published !== undefined);
  const isRouted = (p: PublishedPort): boolean => service.routes.some((r) => r.port === p.published);
  const whole = published.filter((p) => !isRouted(p)).map((p) => portEntry(input, p, published.length === 1));
  const routed = [...new Set(service.routes.map((r) => r.port))].map((port) => routesEntry(input, port, published));
  const entries = [...whole, ...routed];
  const behind = new Map(entries.flatMap((e) => e.behind.map((b): [string, Behind] => [b.backend.name, b])));
  return {
    listeners: entries.flatMap((e) => e.listeners),
    backends: [...behind.values()].map((b) => b.backend),
    targets: Object.fromEntries([...behind.values()].map((b) => [b.backend.name, b.target])),
  };
}

/** A published port without routes answers to every Host. */
function portEntry(input: ServiceEdgeInput, p: PublishedPort, isOnly: boolean): Entry {
  const { service } = input.s;
  const port = p.published ?? 0;
  const address = addressOf(p);
  const isMain = p.target === input.s.port || isOnly || service.protocol !== undefined;
  const mode = isMain ? input.protocol : 'tcp';
  const name = `${input.app}.${service.name}.${address === '' ? '' : `${address.replaceAll(/[.:]/g, '_')}_`}${port}`;
  const listener: Listener = { address, port, mode, ...clientSide(service), rules: [], fallback: name };
  return { listeners: [listener], behind: [{ backend: toBackend(input, { name, mode, target: p.target }), target: p.target }] };
}

const addressOf = (p: PublishedPort): string => (p.hostIp === undefined || p.hostIp === '0.0.0.0' || p.hostIp === '::' ? '' : p.hostIp);

/** The routes on one port, one listener for each way of speaking on it. On a published port they share its address and target. */
function routesEntry(input: ServiceEdgeInput, port: number, published: readonly PublishedPort[]): Entry {
  const own = published.find((p) => p.published === port);
  const target = own?.target ?? input.s.port ?? published[0]?.target;
  const routes = input.s.service.routes.filter((r) => r.port === port);
  const kinds = [...new Set(routes.map(kindOf))];
  const behind = routes.flatMap((r) => toBehind(input, r, { base: own === undefined ? 'routes' : String(port), target }));
  return { listeners: kinds.map((kind) => toListener(input, { routes, kind, target, own })), behind };
}

const kindOf = (r: Route): string => `${r.mode} ${r.tls}`;

type OnPort = {
  readonly routes: readonly Route[];
  readonly kind: string;
  readonly target: number | undefined;
  readonly own: PublishedPort | undefined;
};

function toListener(input: ServiceEdgeInput, { routes, kind, target, own }: OnPort): Listener {
  const { service } = input.s;
  const mine = routes.filter((r) => kindOf(r) === kind);
  const [first] = mine;
  const mode = first?.mode ?? 'http';
  const base = own === undefined ? 'routes' : String(own.published);
  const nameOf = (r: Route): string | undefined => toBehind(input, r, { base, target })[0]?.backend.name;
  const rules = mine
    .filter((r) => mode === 'http' || r.host !== undefined)
    .map((r) => toRule(r, { app: input.app, service: service.name, backend: nameOf(r) }));
  const rest = mode === 'tcp' ? mine.find((r) => r.host === undefined) : undefined;
  const tls = first?.tls === true ? { tls: { certificates: input.certificates, clientCa: service.tls?.clientCa } } : {};
  const fallback = rest === undefined ? undefined : nameOf(rest);
  const fallbackRules = rest === undefined ? undefined : whoMay(rest);
  return {
    address: own === undefined ? '' : addressOf(own),
    port: first?.port ?? 0,
    mode,
    ...tls,
    ...clientSide(service),
    rules,
    fallback,
    ...(fallbackRules === undefined ? {} : { fallbackRules }),
  };
}

/** What a route says of its clients' addresses, if anything. */
function whoMay({ rules: { allow, deny } }: Route): Listener['fallbackRules'] {
  if (allow === undefined && deny === undefined) return undefined;
  return { ...(allow === undefined ? {} : { allow }), ...(deny === undefined ? {} : { deny }) };
}

function toRule(r: Route, { app, service, backend }: { app: string; service: string; backend: string | undefined }): Rule {
  const rules = Object.keys(r.rules).length === 0 ? {} : { rules: r.rules };
  return { host: r.host?.toLowerCase(), path: r.path, service, backend, ...(backend === undefined ? { app } : {}), ...rules };
}

/** The backend of a route, if it asks the service at all. What HAProxy can only do for a whole backend makes it another one. */
function toBehind(input: ServiceEdgeInput, r: Route, at: { base: string; target: number | undefined }): Behind[] {
  const target = r.target ?? at.target;
  if (target === undefined || r.rules.redirect !== undefined) return [];
  const { compress = false, errorPages = {} } = r.rules;
  const idle = r.mode === 'tcp' && r.rules.timeoutMs !== undefined ? { idleMs: r.rules.timeoutMs } : {};
  const isApart = compress || Object.keys({ ...errorPages, ...idle }).length > 0;
  const apart = isApart ? [sha256(stableJson({ compress, errorPages, ...idle })).slice(0, 8)] : [];
  const parts = [at.base, ...(target === at.target ? [] : [target]), ...(r.mode === 'tcp' ? ['tcp'] : []), ...apart];
  const name = `${input.app}.${input.s.service.name}.${parts.join('_')}`;
  return [{ backend: { ...toBackend(input, { name, mode: r.mode, target }), ...idle }, target }];
}

function toBackend(input: ServiceEdgeInput, b: { name: string; mode: 'http' | 'tcp'; target: number }): Backend {
  const { service } = input.s;
  const check = b.target === input.s.port ? toEdgeCheck(input.check, b.mode) : { kind: 'tcp' as const };
  return {
    name: b.name,
    app: input.app,
    service: service.name,
    mode: b.mode,
    check,
    ...(b.mode === 'http' && service.h2 === true ? { h2: true } : {}),
    ...(service.sendProxy === undefined ? {} : { sendProxy: service.sendProxy }),
    ...(b.mode === 'http' && service.sticky !== undefined ? { sticky: service.sticky } : {}),
    servers: [],
  };
}

/** The check that HAProxy itself makes, from the probe that berth makes. */
function toEdgeCheck(check: Probe['check'], mode: 'http' | 'tcp'): ProxyCheck {
  if (check.kind === 'http' && mode === 'http') return { kind: 'http', path: check.path, host: check.host };
  return { kind: 'tcp' };
}

/** What a service says of its clients, which holds for each of its listeners. */
function clientSide({ acceptProxy, trustedProxies }: Service): Pick<Listener, 'acceptProxy' | 'trustedProxies'> {
  return {
    ...(acceptProxy === true ? { acceptProxy } : {}),
    ...(trustedProxies === undefined || trustedProxies.length === 0 ? {} : { trustedProxies }),
  };
}
