/** Which way a request took, and which HAProxy process wrote of it. */
export type Way = {
  readonly pid: number;
  /** When the process read its configuration: with the pid, the process. */
  readonly born: number;
  readonly frontend: string;
  readonly backend: string;
  readonly server: string;
  readonly route: string;
};

/** What a line says of one request (of a port that is passed on: of one connection). Times in milliseconds. */
export type Measures = {
  /** Counts the lines of one listener of one HAProxy process without holes. */
  readonly n: number;
  /** When it began, by HAProxy's clock. */
  readonly at: number;
  /** The whole of it, to the last byte of the response. */
  readonly ms: number;
  readonly in: number;
  readonly out: number;
  readonly retries: number;
  /** The rest is absent in `tcp` mode; -1 for what did not come to be. */
  readonly status?: number | undefined;
  readonly queueMs?: number | undefined;
  readonly connectMs?: number | undefined;
  readonly responseMs?: number | undefined;
};

/** One line of an access log, as `src/haproxy/config/access-log.ts` has it written, in its two parts. */
export type AccessLine = {
  /** JSON without its end: the same text in every line of a way, so that it need not be parsed for each. */
  readonly way: string;
  readonly measures: Measures;
};

const separator = ',"is":[';
const ending = ']}';
/** In the order of the line: the last four are those of requests. */
type Fields = readonly [
  n: number,
  at: number,
  ms: number,
  bytesIn: number,
  out: number,
  redone: string,
  status?: number,
  queueMs?: number,
  connectMs?: number,
  responseMs?: number,
];
const numbers = ['pid', 'born'] as const;
const texts = ['frontend', 'backend', 'server', 'route'] as const;

/** Reads a line; undefined for what is none (HAProxy's own messages go the same way, and a front may write anything). */
export function parseAccessLine(text: string): AccessLine | undefined {
  const middle = text.lastIndexOf(separator);
  if (middle === -1 || !text.endsWith(ending)) return undefined;
  const measures = parseMeasures(text.slice(middle + separator.length - 1, 1 - ending.length));
  return measures === undefined ? undefined : { way: text.slice(0, middle), measures };
}

/** Reads the first part of a line; undefined for what is none. */
export function parseWay(text: string): Way | undefined {
  const way = parse(`${text}}`) as Readonly<Record<string, unknown>> | undefined;
  if (way === undefined) return undefined;
  for (const key of numbers) if (typeof way[key] !== 'number') return undefined;
  for (const key of texts) if (typeof way[key] !== 'string') return undefined;
  return way as Way;
}

function parseMeasures(text: string): Measures | undefined {
  const fields = parse(text);
  if (!areFields(fields)) return undefined;
  const [n, at, ms, bytesIn, out, redone, status, queueMs, connectMs, responseMs] = fields;
  // `+1` where the last one went to another server.
  const retries = Math.abs(Number.parseInt(redone, 10)) || 0;
  return { n, at, ms, in: bytesIn, out, retries, status, queueMs, connectMs, responseMs };
}

function areFields(value: unknown): value is Fields {
  if (!Array.isArray(value) || (value.length !== 6 && value.length !== 10)) return false;
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== (i === 5 ? 'string' : 'number')) return false;
  return true;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * From the request's arrival to the response's beginning: what instance and HAProxy take, whatever the client's line is like.
 * Where no response came, until it was given up. Undefined where there are no responses, and for WebSockets.
 */
export function latencyOf({ status, ms, queueMs = -1, connectMs = -1, responseMs = -1 }: Measures): number | undefined {
  if (status === undefined || status === 101) return undefined;
  if (responseMs < 0) return ms;
  return Math.max(0, queueMs) + Math.max(0, connectMs) + responseMs;
}

/** When it ended, by HAProxy's clock. */
export function endOf({ at, ms }: Measures): number {
  return at + Math.max(0, ms);
}
