import * as http from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { BerthError } from '../errors/index.ts';
import { errnoOf, messageOf, toConnectionError, toEngineError } from './errors.ts';
import { Watchdog } from './watchdog.ts';

/** The oldest and the newest version of the Engine API that this client speaks. */
export const oldestApi = '1.41';
const newestApi = '1.51';

/** Deadlines per kind of call: a look, a change, and how long a stream of progress may stand still. */
export const deadlines = { lookMs: 10_000, changeMs: 60_000, idleMs: 120_000, unpackMs: 600_000 } as const;

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One call: `doing` completes the sentence "Could not …". */
export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  /** Without the version; every part already encoded. */
  readonly path: string;
  readonly doing: string;
  readonly query?: Query;
  readonly json?: unknown;
  readonly bytes?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the whole answer (`send`) or its head (`open`; with an upload, since its last bytes) is there; undefined waits for ever. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type Reply = { readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly body: Buffer };
/** A two-way connection after the engine gave up HTTP on it. */
export type Hijacked = { readonly input: Duplex; readonly output: AsyncIterable<Uint8Array>; readonly close: () => void };

/** HTTP over the engine's Unix socket: versioned paths, deadlines, abort, and errors by status and errno only. */
export class EngineHttp {
  readonly socket: string;
  readonly #agent = new http.Agent({ keepAlive: true, maxFreeSockets: 4 });
  #version: Promise<string> | undefined;

  constructor(socket: string) {
    this.socket = socket;
  }

  /** The API version agreed on. */
  version(signal?: AbortSignal): Promise<string> {
    if (this.#version === undefined) {
      const version = this.#negotiate(signal);
      this.#version = version;
      version.catch(() => {
        this.#version = undefined;
      });
    }
    return this.#version;
  }

  /** Resolves when the engine answers. */
  async ping(signal?: AbortSignal): Promise<void> {
    await this.send({ method: 'GET', path: '/_ping', doing: 'reach the container engine', timeoutMs: deadlines.lookMs, signal });
  }

  /** Sends a call and answers what came, whatever its status. */
  async exchange(call: Call): Promise<Reply> {
    const version = await this.version(call.signal);
    return this.#again(call, () => this.#exchange(call, `/v${version}`));
  }

  /** Sends a call; a status from 400 on is an error, unless it is in `accept`. */
  async send(call: Call, accept: readonly number[] = []): Promise<Reply> {
    const reply = await this.exchange(call);
    if (reply.status < 400 || accept.includes(reply.status)) return reply;
    throw toEngineError(call.doing, reply.status, messageOf(reply.body.toString()));
  }

  /** Sends a call and answers its JSON; undefined for a 404. */
  async get<T>(call: Omit<Call, 'method'>): Promise<T | undefined> {
    const reply = await this.send({ method: 'GET', timeoutMs: deadlines.lookMs, ...call }, [404]);
    return reply.status === 404 ? undefined : parse<T>(call.doing, reply.body);
  }

  /** Sends a call and answers its JSON. */
  async json<T>(call: Call): Promise<T> {
    return parse<T>(call.doing, (await this.send(call)).body);
  }

  /** Sends a call whose answer is a stream. `idleMs` ends it when nothing comes for that long. */
  async open(call: Call & { idleMs?: number }): Promise<AsyncGenerator<Buffer, void, void>> {
    const version = await this.version(call.signal);
    const watchdog = new Watchdog(call.doing, call.signal);
    watchdog.limit(call.timeoutMs, call.bytes === undefined ? 'total' : 'idle');
    const { response } = await this.#request(call, `/v${version}`, watchdog);
    if (response.statusCode !== undefined && response.statusCode >= 400) {
      const body = await this.#read(response, call, watchdog);
      throw toEngineError(call.doing, response.statusCode, messageOf(body.toString()));
    }
    watchdog.limit(call.idleMs, 'idle');
    return this.#stream(response, call, watchdog);
  }

  /** Sends a call that takes the connection over. Docker answers 101 with the first bytes in the head, or 200. */
  async hijack(call: Call): Promise<Hijacked> {
    const version = await this.version(call.signal);
    const watchdog = new Watchdog(call.doing, call.signal);
    watchdog.limit(call.timeoutMs);
    const headers = { ...call.headers, Connection: 'Upgrade', Upgrade: 'tcp' };
    const { response, upgraded } = await this.#request({ ...call, headers }, `/v${version}`, watchdog);
    if (response.statusCode !== undefined && response.statusCode >= 400) {
      const body = await this.#read(response, call, watchdog);
      throw toEngineError(call.doing, response.statusCode, messageOf(body.toString()));
    }
    watchdog.limit(undefined);
    if (upgraded === undefined) {
      const { socket } = response;
      return { input: socket, output: this.#stream(response, call, watchdog), close: () => socket.destroy() };
    }
    const { socket, head } = upgraded;
    if (head.length > 0) socket.unshift(head);
    return { input: socket, output: this.#stream(socket, call, watchdog), close: () => socket.destroy() };
  }

  /** Ends idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #negotiate(signal: AbortSignal | undefined): Promise<string> {
    const call: Call = { method: 'GET', path: '/_ping', doing: 'reach the container engine', timeoutMs: deadlines.lookMs, signal };
    const reply = await this.#again(call, () => this.#exchange(call, ''));
    const offered = reply.headers['api-version'];
    if (reply.status >= 400 || typeof offered !== 'string') {
      throw toEngineError(call.doing, reply.status, messageOf(reply.body.toString()));
    }
    if (compareVersions(offered, oldestApi) < 0) {
      throw new BerthError(
        'ENGINE_UNSUPPORTED',
        `The container engine speaks API ${offered}; berth needs ${oldestApi} or later (Docker 20.10, Podman 4).`,
        { hint: 'Update the container engine.', details: { apiVersion: offered } },
      );
    }
    return compareVersions(offered, newestApi) < 0 ? offered : newestApi;
  }

  /** Asks once more when a kept connection turns out to be closed; only what changes nothing may be asked twice. */
  async #again<T>(call: Call, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const errno = error instanceof BerthError ? error.details['errno'] : undefined;
      if (errno === 'ECONNREFUSED' || errno === 'ENOENT') this.#version = undefined;
      if (call.method !== 'GET' || errno !== 'ECONNRESET') throw error;
      return work();
    }
  }

  async #exchange(call: Call, prefix: string): Promise<Reply> {
    const watchdog = new Watchdog(call.doing, call.signal);
    watchdog.limit(call.timeoutMs);
    const { response } = await this.#request(call, prefix, watchdog);
    const body = await this.#read(response, call, watchdog);
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  }

  async #read(response: http.IncomingMessage, call: Call, watchdog: Watchdog): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.#stream(response, call, watchdog)) chunks.push(chunk);
    if (watchdog.reason !== undefined) throw watchdog.reason.error;
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  }

  /** The bytes of an answer. Ends quietly when the caller's signal aborts; throws when the engine goes away. */
  async *#stream(from: Readable, call: Call, watchdog: Watchdog): AsyncGenerator<Buffer, void, void> {
    watchdog.onStop((why) => from.destroy(why instanceof Error ? why : new Error('stopped')));
    try {
      for await (const chunk of from) {
        watchdog.touch();
        yield chunk as Buffer;
      }
    } catch (error) {
      if (watchdog.reason === undefined) throw toConnectionError(call.doing, this.socket, error);
      if (!watchdog.reason.aborted) throw watchdog.reason.error;
    } finally {
      watchdog.release();
    }
  }

  #request(
    call: Call,
    prefix: string,
    watchdog: Watchdog,
  ): Promise<{ response: http.IncomingMessage; upgraded?: { socket: Duplex; head: Buffer } }> {
    return new Promise((resolve, reject) => {
      const { headers, body } = toBody(call);
      const request = http.request({
        socketPath: this.socket,
        method: call.method,
        path: prefix + call.path + toQuery(call.query),
        headers: { Host: 'engine', ...headers },
        // A kept connection may be stale, and what changes something must not be sent twice: it gets one of its own.
        agent: call.method === 'GET' && call.timeoutMs !== undefined ? this.#agent : false,
      });
      const fail = (error: unknown): void => {
        watchdog.release();
        request.destroy();
        reject(watchdog.reason?.error ?? toConnectionError(call.doing, this.socket, error));
      };
      request.on('error', fail);
      request.on('response', (response) => resolve({ response }));
      request.on('upgrade', (response, socket, head) => resolve({ response, upgraded: { socket, head } }));
      watchdog.onStop(fail);
      if (request.destroyed) return;
      if (body === undefined || body instanceof Uint8Array) request.end(body);
      else pipeline(Readable.from(touching(body, watchdog)), request).catch((error: unknown) => lost(error, fail));
    });
  }
}

/** An engine that refuses an upload answers and closes before it has read all: the answer says more than the pipe. */
function lost(error: unknown, fail: (error: unknown) => void): void {
  const errno = errnoOf(error);
  if (errno !== 'EPIPE' && errno !== 'ECONNRESET' && errno !== 'ERR_STREAM_PREMATURE_CLOSE') fail(error);
}

async function* touching(bytes: AsyncIterable<Uint8Array>, watchdog: Watchdog): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    watchdog.touch();
    yield chunk;
  }
}

function toBody(call: Call): { headers: Record<string, string | number>; body: Uint8Array | AsyncIterable<Uint8Array> | undefined } {
  if (call.json !== undefined) {
    const body = Buffer.from(JSON.stringify(call.json));
    return { headers: { ...call.headers, 'Content-Type': 'application/json', 'Content-Length': body.length }, body };
  }
  if (call.bytes === undefined)
    return { headers: call.method === 'POST' ? { ...call.headers, 'Content-Length': 0 } : { ...call.headers }, body: undefined };
  const length = call.bytes instanceof Uint8Array ? { 'Content-Length': call.bytes.length } : {};
  return { headers: { ...call.headers, 'Content-Type': 'application/x-tar', ...length }, body: call.bytes };
}

function toQuery(query: Query = {}): string {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parts.set(key, String(value));
  return parts.size === 0 ? '' : `?${parts.toString()}`;
}

function parse<T>(doing: string, body: Buffer): T {
  try {
    return JSON.parse(body.toString()) as T;
  } catch (error) {
    throw new BerthError('ENGINE_REFUSED', `Could not ${doing}: the engine's answer is not JSON.`, { cause: error });
  }
}

/** Negative when `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [a1 = 0, a2 = 0] = a.split('.').map(Number);
  const [b1 = 0, b2 = 0] = b.split('.').map(Number);
  return a1 === b1 ? a2 - b2 : a1 - b1;
}

/** A name or reference as a part of a path; the engine takes references with their slashes. */
export function segment(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

/** The `filters` of a list: labels that must all be there. */
export function toFilters(labels: Readonly<Record<string, string>>, more: Readonly<Record<string, readonly string[]>> = {}): string {
  const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return JSON.stringify({ ...more, ...(label.length === 0 ? {} : { label }) });
}
