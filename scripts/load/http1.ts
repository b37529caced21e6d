import { Agent, request, type ClientRequest } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import { reasonOf, type Client } from './ask.ts';
import type { Stream } from './plan.ts';
import type { Outcome } from './tally.ts';

/** How long Node's own agent keeps an idle connection. Whoever keeps one longer than the other side loses a request now and then. */
const idleMs = 5_000;

/** A client that speaks HTTP/1.1, with TLS where the address says so. */
export function openHttp1(stream: Stream, timeoutMs: number): Client {
  const kept = { keepAlive: stream.keepAlive, maxSockets: stream.connections, maxFreeSockets: stream.connections, timeout: idleMs };
  const secure = stream.url.startsWith('https:');
  const agent = secure ? new SecureAgent({ ...kept, ...stream.tls }) : new Agent(kept);
  return {
    ask: (_connection, id) => ask({ stream, agent, timeoutMs, send: secure ? secureRequest : request }, id),
    close: () => agent.destroy(),
  };
}

type Asking = { readonly stream: Stream; readonly agent: Agent; readonly timeoutMs: number; readonly send: typeof request };

/** When each connection answered last. */
const answeredMs = new WeakMap<Socket, number>();

/** Asks once. An answer counts when it is a 2xx and complete. */
function ask({ stream, agent, timeoutMs, send }: Asking, id: string | undefined): Promise<Outcome> {
  const startedMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const end = (result: { version?: string | undefined; reason?: string }): void =>
    resolve({ ...result, tookMs: performance.now() - startedMs, id });
  const body = id === undefined ? undefined : JSON.stringify({ id });
  const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
  const asked = send(stream.url, { agent, method: stream.method ?? 'GET', headers }, (reply) => {
    const { socket } = reply;
    let text = '';
    reply.setEncoding('utf8').on('data', (part: string) => (text += part));
    reply.once('end', () => {
      answeredMs.set(socket, performance.now());
      const status = reply.statusCode ?? 0;
      if (!reply.complete) end({ reason: 'cut off' });
      else if (status >= 200 && status < 300) end({ version: versionOf(text) });
      else end({ reason: reasonOf(status, text) });
    });
    reply.once('error', (error: NodeJS.ErrnoException) => end({ reason: error.code ?? error.message }));
  });
  asked.once('error', (error: NodeJS.ErrnoException) => end({ reason: `${error.code ?? error.message}${idleOf(asked, startedMs)}` }));
  const timer = setTimeout(() => asked.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })), timeoutMs);
  void promise.then(() => clearTimeout(timer));
  asked.end(body);
  return promise;
}

/** How long a kept connection had been idle, in words: whoever closes it for that loses a request that is sent meanwhile. */
function idleOf(asked: ClientRequest, startedMs: number): string {
  const lastMs = asked.reusedSocket && asked.socket !== null ? answeredMs.get(asked.socket) : undefined;
  return lastMs === undefined ? '' : ` after ${((startedMs - lastMs) / 1000).toFixed(1)} s idle`;
}

/** The applications of tests and examples answer `{"version": …}`. */
function versionOf(text: string): string | undefined {
  return /"version":"([^"]*)"/.exec(text)?.[1];
}
