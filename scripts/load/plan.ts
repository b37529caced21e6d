/** One kind of client: so many connections, each asking again and again. */
export type Stream = {
  readonly name: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  /** HTTP/1.1 where it is left out. */
  readonly protocol?: 'h2' | 'websocket';
  /** Who must have signed the certificate (PEM), and the name that is asked for. */
  readonly tls?: { readonly ca: string; readonly servername: string };
  readonly connections: number;
  /** `false` opens a new connection for each request. */
  readonly keepAlive: boolean;
  /** Requests a second over all its connections; absent is as fast as the answers come. */
  readonly perSecond?: number;
};

/** What a load process is told to do. */
export type LoadPlan = { readonly streams: readonly Stream[]; readonly timeoutMs: number };

/** What one stream has seen. */
export type StreamReport = {
  readonly requests: number;
  readonly lost: number;
  /** What lost requests got instead of a 2xx: an errno, a status with the start of its body, or `timeout`. */
  readonly why: Readonly<Record<string, number>>;
  /** How often each `version` was named by an answer. */
  readonly versions: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The longest time in which no request succeeded. */
  readonly longestGapMs: number;
  /** Of a POST stream: ids that were answered with success, and ids that were not. */
  readonly acknowledged: readonly string[];
  readonly unanswered: readonly string[];
};

/** What all streams have seen since the start, or since the report before if that was asked for. */
export type LoadReport = { readonly seconds: number; readonly streams: Readonly<Record<string, StreamReport>> };

/** Requests and losses over all streams of a report. */
export function sum(report: LoadReport): { requests: number; lost: number } {
  const streams = Object.values(report.streams);
  return { requests: streams.reduce((n, s) => n + s.requests, 0), lost: streams.reduce((n, s) => n + s.lost, 0) };
}

/** Why requests were lost, for people: `close: ECONNRESET × 3, post: 503 × 1`; empty when none was. */
export function losses(report: LoadReport): string {
  const reasons = Object.entries(report.streams).flatMap(([name, { why }]) =>
    Object.entries(why).map(([reason, count]) => `${name}: ${reason} × ${count}`),
  );
  return reasons.join(', ');
}
