import { BerthError } from '../errors/index.ts';
import { sha256, stableJson } from '../kit/index.ts';
import {
  filesFingerprint,
  type AcmeThumbprint,
  type AppEdge,
  type CertificateWish,
  type HeldCertificate,
  type Listener,
  type ListenerCertificate,
  type ProxyConfig,
  type Service,
} from '../model/index.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The certificate that a service needs; undefined where the edge speaks no TLS for it. */
export function certificateWish(app: string, service: Pick<Service, 'name' | 'routes' | 'tls'>): CertificateWish | undefined {
  const routes = service.routes.filter((r) => r.tls);
  if (service.tls === undefined || routes.length === 0) return undefined;
  const hosts = [...new Set(routes.flatMap((r) => r.host?.toLowerCase() ?? []))].toSorted();
  const machine = routes.some((r) => r.host === undefined);
  const source = service.tls.certificate;
  if (source.kind === 'secrets') throw new BerthError('INTERNAL', `The certificate of ${service.name} was not read from its secrets.`);
  const shared = source.kind === 'acme' ? { directory: source.directory, email: source.email } : {};
  // The user's own files are of one service: with others in their place, the certificate stays the same one.
  const about = source.kind === 'files' ? { app, service: service.name } : { hosts, machine, ...shared };
  const name = source.kind === 'files' ? `${app}-${service.name}` : (hosts[0] ?? 'machine');
  const id = `${source.kind}-${name.replaceAll(/[^a-z0-9.-]/gi, '_').slice(0, 60)}-${sha256(stableJson(about)).slice(0, 12)}`;
  return { id, hosts, machine, source };
}

/** The certificate that serves a wish best: its own, else one of the same source that covers it, else a placeholder. */
export function chooseCertificate(held: readonly HeldCertificate[], wish: CertificateWish, nowMs: number): HeldCertificate | undefined {
  const own = held.find((one) => one.id === wish.id);
  if (wish.source.kind === 'files' || (own !== undefined && !own.placeholder && own.notAfterMs > nowMs)) return own;
  const others = held.filter((one) => isOfSource(one, wish) && !one.placeholder && one.notAfterMs > nowMs && covers(one, wish));
  return others.toSorted((a, b) => b.notAfterMs - a.notAfterMs)[0] ?? own;
}

function isOfSource(held: HeldCertificate, { source }: CertificateWish): boolean {
  return held.kind === source.kind && held.directory === (source.kind === 'acme' ? source.directory : undefined);
}

function covers(held: HeldCertificate, wish: CertificateWish): boolean {
  return (held.machine || !wish.machine) && wish.hosts.every((host) => isFor(held.hosts, host));
}

/** A wildcard is for one name in front (RFC 9525, 6.3). */
function isFor(hosts: readonly string[], host: string): boolean {
  return hosts.includes(host) || hosts.includes(host.replace(/^[^.]+/, '*'));
}

/** The wish whose certificate serves another one: itself, or one that is wanted as well and covers it. */
export function servingWish(
  wish: CertificateWish,
  { held, wishes }: { readonly held: HeldCertificate | undefined; readonly wishes: ReadonlyMap<string, CertificateWish> },
): CertificateWish {
  return (held === undefined ? undefined : wishes.get(held.id)) ?? wish;
}

/**
 * What may serve until a certificate is ordered: one that the same hosts have from another server, or of files. Undefined where
 * there is none, which leaves one of berth's own.
 */
export function standInFor(held: readonly HeldCertificate[], wish: CertificateWish, nowMs: number): HeldCertificate | undefined {
  if (wish.source.kind !== 'acme') return undefined;
  const serving = held.filter((one) => one.kind !== 'internal' && !one.placeholder && one.notAfterMs > nowMs);
  const isOf = (one: HeldCertificate): boolean => wish.hosts.every((host) => one.hosts.includes(host)) && (one.machine || !wish.machine);
  return serving.filter(isOf).toSorted((a, b) => b.notAfterMs - a.notAfterMs)[0];
}

/** How the edge is told of the certificate of a wish: nothing while there is none at all. */
export function listenerCertificates(wish: CertificateWish, held: HeldCertificate | undefined): ListenerCertificate[] {
  const { source } = wish;
  if (source.kind === 'files') return [{ id: wish.id, fingerprint: filesFingerprint(source), hosts: wish.machine ? [] : wish.hosts }];
  if (held === undefined) return [];
  return [toListenerCertificate(held)];
}

/** One that is for the machine itself is for every name that no other is for. */
export function toListenerCertificate(held: HeldCertificate): ListenerCertificate {
  const { id, fingerprint, machine, placeholder } = held;
  return { id, fingerprint, hosts: machine ? [] : held.hosts, ...(placeholder ? { placeholder } : {}) };
}

/** When a certificate is to be renewed: a third of its life before its end. */
export function dueAtMs(held: Pick<HeldCertificate, 'notBeforeMs' | 'notAfterMs'>): number {
  return held.notBeforeMs + ((held.notAfterMs - held.notBeforeMs) * 2) / 3;
}

/** The time to wait after failures in a row, at least what the server asked for. Let's Encrypt allows five failed proofs an hour. */
export function backOffMs(failures: number, retryAfterMs = 0): number {
  return Math.max(retryAfterMs, Math.min(dayMs / 2, 5 * minuteMs * 2 ** (failures - 1)));
}

/** What people have to know of a certificate: it ends, it cannot be renewed, it is not there yet; or undefined. */
export function certificateWarning(held: HeldCertificate, nowMs: number): string | undefined {
  const names = held.hosts.length > 0 ? held.hosts.join(', ') : 'this machine';
  const why = held.trouble === undefined ? '' : `: ${held.trouble.message}`;
  if (held.notAfterMs <= nowMs) return `The certificate for ${names} has expired${why}`;
  if (held.placeholder) return `The certificate for ${names} is not there yet${why}`;
  const left = held.notAfterMs - nowMs;
  const life = held.notAfterMs - held.notBeforeMs;
  // What renews itself is late when half of its last third has passed.
  const isLate = held.kind === 'files' ? left < 14 * dayMs : left < life / 6;
  if (isLate || held.trouble !== undefined) return `The certificate for ${names} ends in ${Math.floor(left / dayMs)} days${why}`;
  return undefined;
}

/**
 * The edge of an app with another certificate in the place of some, wherever those are used and it is for all hosts; the same
 * object where nothing changes.
 */
export function replaceCertificate(edge: AppEdge, from: readonly string[], to: ListenerCertificate): AppEdge {
  const isStale = (l: Listener, c: ListenerCertificate): boolean =>
    (c.id === to.id || (from.includes(c.id) && isForAll(l, to))) && stableJson(c) !== stableJson(to);
  if (!edge.listeners.some((l) => l.tls?.certificates.some((c) => isStale(l, c)))) return edge;
  const change = (l: Listener): Listener =>
    l.tls === undefined ? l : { ...l, tls: { ...l.tls, certificates: l.tls.certificates.map((c) => (isStale(l, c) ? to : c)) } };
  return { ...edge, listeners: edge.listeners.map(change) };
}

/** One without hosts is the machine's own, for every name; what has no host needs that one. */
function isForAll({ rules, fallback }: Listener, { hosts }: ListenerCertificate): boolean {
  if (hosts.length === 0) return true;
  return fallback === undefined && rules.every(({ host }) => host !== undefined && isFor(hosts, host.toLowerCase()));
}

/** The edge with its answers to ACME servers, which ask port 80: it is opened where nothing else is there. */
export function withChallenges(config: ProxyConfig, acmeThumbprints: readonly AcmeThumbprint[]): ProxyConfig {
  if (acmeThumbprints.length === 0) return config;
  const isOpen = config.listeners.some((l) => l.port === 80 && l.address === '');
  const door: Listener = { address: '', port: 80, mode: 'http', rules: [] };
  return { ...config, listeners: isOpen ? config.listeners : [door, ...config.listeners], acmeThumbprints };
}
