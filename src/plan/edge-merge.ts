import type { AppEdge, Listener, ListenerTls, ProxyConfig, Rule } from '../model/index.ts';
import { listenerKey, ownerOf } from './edge.ts';

/** Who claims a place of the edge. */
export type Claimant = { readonly app: string; readonly service: string };

/** Two claims on one place of the edge; `rule` is there when it is not about the whole port. */
export type RouteConflict = {
  readonly what: string;
  readonly port: number;
  readonly rule?: Pick<Rule, 'host' | 'path'> | undefined;
  readonly first: Claimant;
  readonly second: Claimant;
};

/** Finds every claim that cannot be had by two: the same rule, the same whole port, or a port spoken to in two ways. */
export function findConflicts(edges: readonly AppEdge[]): RouteConflict[] {
  const claims = new Map<string, Claimant>();
  const ways = new Map<string, { way: string; clientCa: string | undefined; owner: Claimant }>();
  const conflicts: RouteConflict[] = [];
  const claim = (what: string, owner: Claimant, at: Pick<RouteConflict, 'port' | 'rule'>): void => {
    const first = claims.get(what);
    if (first !== undefined && !isSame(first, owner)) conflicts.push({ what, ...at, first, second: owner });
    else claims.set(what, owner);
  };
  for (const edge of edges) {
    for (const l of edge.listeners) {
      const owner: Claimant = { app: edge.app, service: ownerOf(edge, l) ?? '?' };
      const { port } = l;
      const place = `port ${l.port}${l.address === '' ? '' : ` on ${l.address}`}`;
      const known = ways.get(listenerKey(l));
      const way = wayOf(l);
      if (known !== undefined && known.way !== way)
        conflicts.push({ what: `${place} (${known.way}, and ${way})`, port, first: known.owner, second: owner });
      else if (known !== undefined && known.clientCa !== l.tls?.clientCa)
        conflicts.push({ what: `${place} (${way} of one authority, and of another)`, port, first: known.owner, second: owner });
      else ways.set(listenerKey(l), { way, clientCa: l.tls?.clientCa, owner });
      if (l.fallback !== undefined) claim(place, owner, { port });
      for (const rule of l.rules)
        claim(`${rule.host ?? 'any host'}${l.mode === 'tcp' ? '' : rule.path} on ${place}`, owner, { port, rule });
    }
  }
  return conflicts;
}

function isSame(a: Claimant, b: Claimant): boolean {
  return a.app === b.app && a.service === b.service;
}

/** How a port is spoken to, which is one for all who share it. */
function wayOf({ mode, tls, acceptProxy }: Listener): string {
  const spoken = tls === undefined ? mode : `${mode} with TLS${tls.clientCa === undefined ? '' : ' and client certificates'}`;
  return acceptProxy === true ? `${spoken} after a PROXY header` : spoken;
}

/** The one configuration of the edge from what all apps want: equal addresses share a listener, rules most specific first. */
export function mergeEdges(edges: readonly AppEdge[]): ProxyConfig {
  const listeners = new Map<string, Listener>();
  for (const edge of edges) {
    for (const l of edge.listeners.map((each) => withMaintenance(edge, each))) {
      const known = listeners.get(listenerKey(l));
      const merged = known === undefined ? l : mergeListeners(known, l);
      listeners.set(listenerKey(l), { ...merged, rules: merged.rules.toSorted(bySpecificity) });
    }
  }
  return {
    listeners: [...listeners.values()].toSorted((a, b) => a.port - b.port || a.address.localeCompare(b.address)),
    backends: edges.flatMap((e) => e.backends).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function mergeListeners(a: Listener, b: Listener): Listener {
  const trusted = [...new Set([...(a.trustedProxies ?? []), ...(b.trustedProxies ?? [])])];
  return {
    ...a,
    ...(a.tls === undefined || b.tls === undefined ? {} : { tls: mergeTls(a.tls, b.tls) }),
    ...(trusted.length === 0 ? {} : { trustedProxies: trusted }),
    rules: [...a.rules, ...b.rules],
    fallback: a.fallback ?? b.fallback,
  };
}

/** Every certificate once. Both demand the same of clients, or are in conflict. */
function mergeTls(a: ListenerTls, b: ListenerTls): ListenerTls {
  const known = new Set(a.certificates.map((c) => c.id));
  return { ...b, ...a, certificates: [...a.certificates, ...b.certificates.filter((c) => !known.has(c.id))] };
}

/** Requests of a service in maintenance are answered by the edge; what has no words for that (TCP) is closed. */
function withMaintenance(edge: AppEdge, l: Listener): Listener {
  const closed = (service: string | undefined): { page?: string | undefined } | undefined =>
    service === undefined ? undefined : edge.maintenance?.[service];
  const isBehind = edge.backends.find((b) => b.name === l.fallback)?.service;
  const whole = closed(isBehind);
  if (l.mode === 'tcp') {
    const rules = l.rules.filter((r) => closed(r.service) === undefined);
    return { ...l, rules, fallback: whole === undefined ? l.fallback : undefined };
  }
  const rules = l.rules.map((r): Rule => {
    const maintenance = closed(r.service);
    return maintenance === undefined ? r : { ...r, rules: { ...r.rules, maintenance } };
  });
  if (whole === undefined || isBehind === undefined) return { ...l, rules };
  return { ...l, rules: [...rules, { path: '/', service: isBehind, backend: l.fallback, rules: { maintenance: whole } }] };
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
