/** The wanted state of the data plane as plain data: what listens where, and which instance may answer. */
export type EdgeConfig = { readonly listeners: readonly Listener[]; readonly backends: readonly Backend[] };

/** One address and port that HAProxy binds. `address` is '' for every IPv4 and IPv6 address. */
export type Listener = {
  readonly address: string;
  readonly port: number;
  readonly mode: 'http' | 'tcp';
  /** Ordered, most specific first; `http` only. */
  readonly rules: readonly Rule[];
  /** Backend name for what no rule takes. */
  readonly fallback?: string | undefined;
};

/** Requests whose Host and path prefix match go to `backend`. A host may start with `*.`. */
export type Rule = { readonly host?: string | undefined; readonly path: string; readonly backend: string };

/** How HAProxy itself checks every server. */
export type EdgeCheck = { readonly kind: 'tcp' } | { readonly kind: 'http'; readonly path: string; readonly host?: string | undefined };

/** The instances of one service behind one container port. `name` is unique on the edge: `<app>.<service>.<port>`. */
export type Backend = {
  readonly name: string;
  readonly app: string;
  readonly service: string;
  readonly mode: 'http' | 'tcp';
  readonly check: EdgeCheck;
  readonly servers: readonly EdgeServer[];
};

/** One instance in a backend. `drain`: finishes what it has, gets nothing new. Weights run from 0 to 256. */
export type EdgeServer = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly state: 'ready' | 'drain';
};

/** What HAProxy counted for one server since the server was added. Times in milliseconds. */
export type EdgeServerStats = {
  readonly backend: string;
  readonly server: string;
  readonly status: 'up' | 'down' | 'drain' | 'maint';
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

/** What one app wants of the edge; the whole is the union over all apps. */
export type AppEdge = EdgeConfig & { readonly app: string };
