/** One line of an access log, as `src/haproxy/config/access-log.ts` has it written. */
export type AccessLine = {
  /** Counts the lines of one listener of one HAProxy process without holes. */
  readonly n: number;
  readonly pid: number;
  /** When the process read its configuration: with the pid, the process. */
  readonly born: number;
  /** When the request (of a port that is passed on: the connection) began. */
  readonly at: number;
  readonly frontend: string;
  readonly backend: string;
  readonly server: string;
  readonly route: string;
  readonly in: number;
  readonly out: number;
  /** `+1` where the last one went to another server. */
  readonly retries: string;
  readonly end: string;
  /** The whole of it, to the last byte of the response. */
  readonly ms: number;
  /** The rest is absent in `tcp` mode; -1 for what did not come to be. */
  readonly status?: number | undefined;
  readonly queueMs?: number | undefined;
  readonly connectMs?: number | undefined;
  readonly responseMs?: number | undefined;
};

const numbers = ['n', 'pid', 'born', 'at', 'in', 'out', 'ms'] as const;
const texts = ['frontend', 'backend', 'server', 'route', 'retries', 'end'] as const;
const optional = ['status', 'queueMs', 'connectMs', 'responseMs'] as const;

/** Reads a line; undefined for what is none (HAProxy's own messages go the same way, and a front may write anything). */
export function parseAccessLine(text: string): AccessLine | undefined {
  if (!text.startsWith('{"n":')) return undefined;
  let line: Readonly<Record<string, unknown>>;
  try {
    line = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  for (const key of numbers) if (typeof line[key] !== 'number') return undefined;
  for (const key of texts) if (typeof line[key] !== 'string') return undefined;
  for (const key of optional) if (line[key] !== undefined && typeof line[key] !== 'number') return undefined;
  return line as AccessLine;
}

/**
 * From the request's arrival to the response's beginning: what instance and HAProxy take, whatever the client's line is like.
 * Where no response came, until it was given up. Undefined where there are no responses, and for WebSockets.
 */
export function latencyOf({ status, ms, queueMs = -1, connectMs = -1, responseMs = -1 }: AccessLine): number | undefined {
  if (status === undefined || status === 101) return undefined;
  if (responseMs < 0) return ms;
  return Math.max(0, queueMs) + Math.max(0, connectMs) + responseMs;
}

/** When it ended, by HAProxy's clock. */
export function endOf({ at, ms }: AccessLine): number {
  return at + Math.max(0, ms);
}
