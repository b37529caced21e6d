import type { AppEdge, Listener, ListenerTls, ProxyConfig, Rule } from '../model/index.ts';
import { listenerKey } from './edge.ts';

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
    ...fallbackOf(a.fallback === undefined ? b : a),
  };
}

function fallbackOf({ fallback, fallbackRules }: Listener): Pick<Listener, 'fallback' | 'fallbackRules'> {
  return { fallback, fallbackRules };
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
    // A name keeps its place: else its clients would reach whoever has the rest of the port.
    const rules = l.rules.map((r): Rule => (closed(r.service) === undefined ? r : { ...r, app: edge.app, backend: undefined }));
    return whole === undefined ? { ...l, rules } : { ...l, rules, fallback: undefined, fallbackRules: undefined };
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
