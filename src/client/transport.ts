import { request, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { BerthError, catalogue, type BerthErrorData } from '../errors/index.ts';

/** How a server is reached. */
export type Link = { readonly socket: string; readonly agent: Agent };

export type Call = {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly deadlineMs: number;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The server could not be reached, or went away: the same call may succeed once it runs again. */
export function unreachable(socket: string, cause: unknown): BerthError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BerthError('SERVER_UNREACHABLE', `Could not reach the berth server at ${socket}: ${why}.`, {
    cause,
    hint: 'Run `berth server status`; its log is `server.log` in the home.',
    details: { socket },
  });
}

/** Sends a call and answers when the headers of a good reply are there; a bad one throws what the server said. */
export async function send(link: Link, call: Call, signal?: AbortSignal): Promise<IncomingMessage> {
  const response = await head(link, call, signal);
  if (response.statusCode !== undefined && response.statusCode < 300) return response;
  throw await toError(link, response);
}

/** Asks for a connection of frames in place of HTTP. */
export async function upgrade(link: Link, path: string, signal?: AbortSignal): Promise<{ socket: Duplex; head: Buffer }> {
  const call = { method: 'POST', path, deadlineMs: 60_000, headers: { connection: 'Upgrade', upgrade: 'berth' } };
  return await start(link, call, signal, (sent, settle) => {
    sent.on('upgrade', (_response, socket, first) => {
      sent.setTimeout(0);
      settle.resolve({ socket, head: first });
    });
    sent.on('response', (response) => {
      toError(link, response).then(settle.reject, settle.reject);
    });
  });
}

/** The whole text of a reply. */
export async function readText(link: Link, response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  try {
    for await (const chunk of response) text += String(chunk);
  } catch (error) {
    throw unreachable(link.socket, error);
  }
  return text;
}

function head(link: Link, call: Call, signal?: AbortSignal): Promise<IncomingMessage> {
  return start(link, call, signal, (sent, settle) => sent.on('response', settle.resolve));
}

type Settle<T> = { readonly resolve: (value: T) => void; readonly reject: (reason: unknown) => void };

async function start<T>(
  link: Link,
  call: Call,
  signal: AbortSignal | undefined,
  listen: (sent: ClientRequest, settle: Settle<T>) => void,
): Promise<T> {
  signal?.throwIfAborted();
  const sent = request({
    socketPath: link.socket,
    agent: link.agent,
    method: call.method,
    path: call.path,
    headers: { host: 'berth', ...(call.body === undefined ? {} : { 'content-type': 'application/json' }), ...call.headers },
    ...(signal === undefined ? {} : { signal }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  sent.setTimeout(call.deadlineMs, () => sent.destroy(new Error(`no answer within ${call.deadlineMs / 1000} s`)));
  sent.on('error', reject);
  listen(sent, { resolve, reject });
  sent.end(call.body);
  try {
    return await promise;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof BerthError ? error : unreachable(link.socket, error);
  }
}

async function toError(link: Link, response: IncomingMessage): Promise<BerthError> {
  const text = await readText(link, response);
  try {
    const data: unknown = JSON.parse(text);
    if (isErrorData(data)) return BerthError.from(data);
  } catch {
    // Not JSON: said below as it is.
  }
  return unreachable(link.socket, `HTTP ${response.statusCode ?? 0} ${text.slice(0, 200)}`);
}

/** Whether a reply is an error of the catalogue; a newer server's code that this client lacks is not. */
export function isErrorData(data: unknown): data is BerthErrorData {
  if (typeof data !== 'object' || data === null || !('code' in data) || !('message' in data)) return false;
  return typeof data.code === 'string' && data.code in catalogue && typeof data.message === 'string';
}
