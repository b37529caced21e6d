/** What the proxies' access logs tell, counted. Nothing that carries traffic ever waits for it. */
export interface Telemetry {
  /** Reads the access log of a proxy from now on; again with other routes when its configuration changes. */
  follow(source: LogSource): void;
  /** A change of the proxy that writes to this socket is at hand, and may be its last: its lines are taken as they come for a moment. */
  attend(socket: string): void;
  /** Tells which release an instance is of, before it is sent traffic. */
  learn(instance: { readonly app: string; readonly name: string; readonly release: number }): void;
  /** What was counted for an app in the last `spanMs`. Undefined while nobody counts: no proxy yet, or the counting process is being started. */
  read(input: TrafficQuery, signal?: AbortSignal): Promise<TrafficCounts | undefined>;
}

/** The access log of one proxy. */
export type LogSource = {
  /** The socket that its HAProxy writes to, as this process sees it. */
  readonly socket: string;
  /** The command lines of its masters, which know what a replaced worker has not said yet. */
  readonly masters: readonly string[];
  /** How much of its log a HAProxy process keeps until it is sent. */
  readonly ringBytes: number;
  /** Whose front it is. Of a front nothing is believed about others. */
  readonly front?: { readonly app: string; readonly service: string } | undefined;
  /** Whose each route of the edge is, for requests that were answered before they had a backend. */
  readonly routes: Readonly<Record<string, { readonly app: string; readonly service: string }>>;
};

export type TrafficQuery = { readonly app: string; readonly service?: string | undefined; readonly spanMs: number };

export type TrafficCounts = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly services: readonly ServiceTraffic[];
  /** When requests were served that are in no count, oldest first. */
  readonly gaps: readonly TrafficGap[];
};

export type ServiceTraffic = {
  readonly name: string;
  readonly total: RequestCounts;
  readonly releases: readonly (RequestCounts & { readonly release: number | undefined })[];
  readonly instances: readonly (RequestCounts & { readonly name: string; readonly release: number | undefined })[];
  /** By host and path of the edge, or `:port` where there is no such thing. */
  readonly routes: readonly (RequestCounts & { readonly route: string })[];
};

/** Requests, or connections where a port is only passed on; those have no status and no latency. */
export type RequestCounts = {
  readonly requests: number;
  readonly responses4xx: number;
  readonly responses5xx: number;
  /** From the request's arrival to the response's beginning, in milliseconds. */
  readonly p50Ms?: number | undefined;
  readonly p95Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly retries: number;
};

/**
 * `unseen`: nobody counted. `lost`: HAProxy dropped so many lines, or the process that counts died with them. `reload`: what
 * a replaced HAProxy wrote in its last moment may be missing.
 */
export type TrafficGap = {
  readonly kind: 'unseen' | 'lost' | 'reload';
  readonly fromMs: number;
  readonly toMs: number;
  readonly lines?: number | undefined;
};
