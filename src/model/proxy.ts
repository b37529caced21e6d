import type { AcmeThumbprint } from './certificate.ts';
import type { RouteRules } from './route.ts';

/**
 * The front of a service: a HAProxy on its app's networks, with the service's name and an address that stays, which other
 * services call.
 */
export type Front = {
  readonly app: string;
  readonly service: string;
  /** Networks of the app that it joins, its address there, and the names that it answers to. At least one. */
  readonly networks: readonly { readonly name: string; readonly address?: string | undefined; readonly aliases: readonly string[] }[];
};

/** The wanted state of one HAProxy as plain data: what listens where, and which instance may answer. */
export type ProxyConfig = {
  readonly listeners: readonly Listener[];
  readonly backends: readonly Backend[];
  /** Plain HTTP listeners answer ACME challenges with these, before any rule. */
  readonly acmeThumbprints?: readonly AcmeThumbprint[] | undefined;
};

/** The wanted state of the front of a service: where it is, what it carries, and which instance may answer. */
export type ServiceFront = Front & ProxyConfig;

/** One address and port that HAProxy binds. `address` is '' for every IPv4 and IPv6 address. */
export type Listener = {
  readonly address: string;
  readonly port: number;
  readonly mode: 'http' | 'tcp';
  /** TLS ends here; absent: plain. */
  readonly tls?: ListenerTls | undefined;
  /** Every connection begins with a PROXY protocol header, which says whose it is. */
  readonly acceptProxy?: boolean | undefined;
  /** Addresses (CIDR) whose `X-Forwarded-*` are believed; of everybody else they are replaced. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Ordered, most specific first. In `tcp` mode only a host (asked of the TLS SNI) can be matched. */
  readonly rules: readonly Rule[];
  /** Backend name for what no rule takes. */
  readonly fallback?: string | undefined;
  /** In `tcp` mode: who may connect to what no rule takes. */
  readonly fallbackRules?: Pick<RouteRules, 'allow' | 'deny'> | undefined;
};

/** The certificates of a listener, chosen by the name that the client asks for; the first when it asks for none of them. */
export type ListenerTls = {
  readonly certificates: readonly ListenerCertificate[];
  /** Clients must show a certificate of one of these authorities (PEM). */
  readonly clientCa?: string | undefined;
};

/** A certificate by the id that `Certificates` knows it by. Another fingerprint is loaded without a reload. */
export type ListenerCertificate = {
  readonly id: string;
  readonly fingerprint: string;
  readonly hosts: readonly string[];
  /** It only stands in for one to come: every other one for the same name goes before it. */
  readonly placeholder?: true;
};

/**
 * What happens to requests whose Host and path prefix match. A host may start with `*.`. `service` says whose rule it is;
 * `backend` is absent where the rule answers by itself (a redirect); `app` then says whose it is, too.
 */
export type Rule = {
  readonly host?: string | undefined;
  readonly path: string;
  readonly service: string;
  readonly backend?: string | undefined;
  readonly app?: string | undefined;
  readonly rules?: RouteRules | undefined;
};

/** How HAProxy itself checks every server. */
export type ProxyCheck = { readonly kind: 'tcp' } | { readonly kind: 'http'; readonly path: string; readonly host?: string | undefined };

/** The instances of one service behind one container port. `name` is unique on the edge: `<app>.<service>.<port or routes…>`. */
export type Backend = {
  readonly name: string;
  readonly app: string;
  readonly service: string;
  readonly mode: 'http' | 'tcp';
  readonly check: ProxyCheck;
  /** HTTP/2 without TLS towards the instances (h2c, gRPC). */
  readonly h2?: boolean | undefined;
  /** A PROXY protocol header is sent to the instances. */
  readonly sendProxy?: 'v1' | 'v2' | undefined;
  /** The cookie that keeps a client at its instance. */
  readonly sticky?: { readonly cookie: string } | undefined;
  /** In `tcp` mode: how long a connection may be silent in both directions. */
  readonly idleMs?: number | undefined;
  readonly servers: readonly ProxyServer[];
};

/** Whose backend it is, by its name: apps and the last part have no dot, services may have. Undefined for what is none. */
export function backendOwner(name: string): { readonly app: string; readonly service: string } | undefined {
  const [, app, service] = /^([^.]+)\.(.+)\.[^.]+$/.exec(name) ?? [];
  return app === undefined || service === undefined ? undefined : { app, service };
}

/** One instance in a backend. `drain`: finishes what it has, gets nothing new. Weights run from 0 to 256. */
export type ProxyServer = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly state: 'ready' | 'drain';
  /** How this instance is spoken to, as its backend said when it was added: releases may differ. */
  readonly h2?: boolean | undefined;
  readonly sendProxy?: 'v1' | 'v2' | undefined;
};

/** What HAProxy counted for one server since the server was added. Times in milliseconds. */
export type ProxyServerStats = {
  readonly backend: string;
  readonly server: string;
  readonly status: 'up' | 'down' | 'drain' | 'maint';
  /** HAProxy's last own check passed; false before the first. `up` alone may only mean that too few have failed. */
  readonly checked: boolean;
  /** What HAProxy's last own check said, in its words. */
  readonly lastCheck: string;
  readonly current: number;
  readonly requests: number;
  readonly responses5xx: number;
  readonly connectErrors: number;
  readonly responseErrors: number;
  /** Mean time to the response over the last 1,024 requests. */
  readonly responseMs: number;
};

/** Services that answer every request from outside with 503, and the page (HTML) that they answer with. */
export type Maintenance = Readonly<Record<string, { readonly page?: string | undefined }>>;

/** What one app wants of the edge; the whole is the union over all apps. */
export type AppEdge = ProxyConfig & { readonly app: string; readonly maintenance?: Maintenance | undefined };
