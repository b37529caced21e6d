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
  /** When it ended, by HAProxy's clock. */
  readonly endMs: number;
  /** The whole of it, to the last byte of the response, without what a kept connection waited for it. */
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
  /** The beginning of a JSON array: the same text in every line of a way, so that it need not be parsed for each. */
  readonly way: string;
  readonly measures: Measures;
};

/** Between the two parts of a line, and behind the second. */
const separator = ',[';
const ending = ']]';
/** How many numbers the second part has; which of them counts retries, in quotes: `"+1"` where the last one went to another server. */
const counts = { connection: 6, request: 10, retries: 5 } as const;

/** Reads a line; undefined for what is none (HAProxy's own messages go the same way, and a front may write anything). */
export function parseAccessLine(text: string): AccessLine | undefined {
  const middle = text.lastIndexOf(separator);
  if (middle === -1 || !text.endsWith(ending)) return undefined;
  const count = readNumbers(text, middle + separator.length, text.length - ending.length);
  if (count !== counts.connection && count !== counts.request) return undefined;
  const isRequest = count === counts.request;
  return {
    way: text.slice(0, middle),
    measures: {
      n: numbers[0] ?? 0,
      endMs: numbers[1] ?? 0,
      ms: numbers[2] ?? 0,
      in: numbers[3] ?? 0,
      out: numbers[4] ?? 0,
      retries: numbers[5] ?? 0,
      status: isRequest ? numbers[6] : undefined,
      queueMs: isRequest ? numbers[7] : undefined,
      connectMs: isRequest ? numbers[8] : undefined,
      responseMs: isRequest ? numbers[9] : undefined,
    },
  };
}

/** Reads the first part of a line; undefined for what is none. */
export function parseWay(text: string): Way | undefined {
  const fields = parse(`${text}]`);
  if (!Array.isArray(fields) || fields.length !== 6) return undefined;
  const [pid, born, ...names] = fields as readonly unknown[];
  if (typeof pid !== 'number' || typeof born !== 'number' || !names.every((name) => typeof name === 'string')) return undefined;
  const [frontend = '', backend = '', server = '', route = ''] = names;
  return { pid, born, frontend, backend, server, route };
}

/** What `readNumbers` has read: one for all lines, for a list of its own for each request would be most of the work. */
const numbers = new Float64Array(counts.request);

/** Reads the numbers of a line into `numbers` and answers how many there are. `JSON.parse` would take three times as long. */
function readNumbers(text: string, from: number, to: number): number | undefined {
  let count = 0;
  let value = 0;
  let digits = 0;
  let sign = 1;
  for (let at = from; at <= to; at++) {
    const code = at === to ? codes.comma : text.charCodeAt(at);
    if (code >= codes.zero && code <= codes.nine) {
      value = value * 10 + code - codes.zero;
      digits++;
    } else if (code === codes.comma) {
      if (digits === 0 || count === counts.request) return undefined;
      numbers[count++] = value * sign;
      value = 0;
      digits = 0;
      sign = 1;
    } else if (code === codes.minus && digits === 0) {
      sign = -1;
    } else if (count !== counts.retries || (code !== codes.quote && code !== codes.plus)) {
      return undefined;
    }
  }
  return count;
}

const codes = { zero: 48, nine: 57, comma: 44, minus: 45, plus: 43, quote: 34 } as const;

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
