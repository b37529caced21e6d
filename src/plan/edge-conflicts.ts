import type { AppEdge, Listener, Rule } from '../model/index.ts';
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

/** A listener, and whose it is. */
type Owned = { readonly listener: Listener; readonly owner: Claimant };

/** Finds every claim that cannot be had by two: the same rule, the same whole port, or a port spoken to in two ways. */
export function findConflicts(edges: readonly AppEdge[]): RouteConflict[] {
  const sockets = new Map<string, Owned>();
  const claims = new Map<string, Owned[]>();
  const owned = edges.flatMap((edge) =>
    edge.listeners.map((listener): Owned => ({ listener, owner: { app: edge.app, service: ownerOf(edge, listener) ?? '?' } })),
  );
  return owned.flatMap((second) => {
    const { listener: l } = second;
    const first = sockets.get(listenerKey(l));
    const clash = first === undefined ? undefined : clashOf(first.listener, l);
    if (first === undefined) sockets.set(listenerKey(l), second);
    else if (clash !== undefined) return [{ what: `${placeOf(l)} (${clash})`, port: l.port, first: first.owner, second: second.owner }];
    return sharesOf(l).flatMap(({ key, what, rule }) => {
      const known = claims.get(`${l.port} ${key}`) ?? [];
      claims.set(`${l.port} ${key}`, [...known, second]);
      const other = known.find((one) => overlap(one.listener.address, l.address) && !isSame(one.owner, second.owner));
      return other === undefined ? [] : [{ what, port: l.port, rule, first: other.owner, second: second.owner }];
    });
  });
}

function isSame(a: Claimant, b: Claimant): boolean {
  return a.app === b.app && a.service === b.service;
}

/** Whoever has every address has each of them. */
function overlap(a: string, b: string): boolean {
  return a === b || a === '' || b === '';
}

function placeOf({ address, port }: Listener): string {
  return `port ${port}${address === '' ? '' : ` on ${address}`}`;
}

/** How two speak to a port where that must be the same for all who share it. */
function clashOf(a: Listener, b: Listener): string | undefined {
  const [known, other] = [a, b].map(wayOf);
  if (known !== other) return `${known ?? ''}, and ${other ?? ''}`;
  return a.tls?.clientCa === b.tls?.clientCa ? undefined : `${known ?? ''} of one authority, and of another`;
}

function wayOf({ mode, tls, acceptProxy }: Listener): string {
  const spoken = tls === undefined ? mode : `${mode} with TLS${tls.clientCa === undefined ? '' : ' and client certificates'}`;
  return acceptProxy === true ? `${spoken} after a PROXY header` : spoken;
}

type Share = { readonly key: string; readonly what: string; readonly rule?: Rule };

/** What of its port a listener wants. The whole port and the route of every host are the same: what nobody else takes. */
function sharesOf(l: Listener): Share[] {
  const path = (rule: Pick<Rule, 'path'>): string => (l.mode === 'tcp' ? '' : rule.path);
  const rules = l.rules.map((rule): Share => {
    const what = `${rule.host ?? 'any host'}${path(rule)} on ${placeOf(l)}`;
    return { key: `${rule.host ?? ''}${path(rule)}`, what, rule };
  });
  return l.fallback === undefined ? rules : [...rules, { key: path({ path: '/' }), what: placeOf(l) }];
}
