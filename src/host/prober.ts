import * as http from 'node:http';
import * as net from 'node:net';
import type { ProbeAnswer, Prober } from '../ports/index.ts';

/** Asks instances over the network of the machine: one connection a question, no redirect followed. */
export function createProber(): Prober {
  return { http: (input, signal) => (input.h2 === true ? probeHttp2(input, signal) : probeHttp(input, signal)), tcp: probeTcp };
}

type HttpInput = Parameters<Prober['http']>[0];
type TcpInput = Parameters<Prober['tcp']>[0];

function probeTcp(input: TcpInput, signal?: AbortSignal): Promise<ProbeAnswer> {
  return ask(input.timeoutMs, signal, (answer) => {
    const socket = net.connect({ host: input.address, port: input.port });
    socket.on('connect', () => answer({ ok: true, outcome: 'connected' }));
    socket.on('error', (error) => answer({ ok: false, outcome: toOutcome(error) }));
    return { late: () => `no connection in ${span(input.timeoutMs)}`, end: () => leave(socket) };
  });
}

function probeHttp(input: HttpInput, signal?: AbortSignal): Promise<ProbeAnswer> {
  return ask(input.timeoutMs, signal, (answer) => {
    let phase: 'connection' | 'answer' = 'connection';
    const request = http.request({
      host: input.address,
      port: input.port,
      path: input.path,
      createConnection: () => connect(input),
      headers: { Host: input.host ?? `${input.address}:${input.port}`, 'User-Agent': 'berth-probe', Accept: '*/*', Connection: 'close' },
    });
    request.on('socket', (socket) => {
      socket.on('connect', () => {
        phase = 'answer';
      });
    });
    request.on('response', (response) => {
      const { statusCode: status = 0 } = response;
      answer({ ok: status >= 200 && status < 400, status, outcome: String(status) });
      response.resume();
    });
    request.on('upgrade', () => answer({ ok: false, status: 101, outcome: '101' }));
    request.on('error', (error) => answer({ ok: false, outcome: toOutcome(error) }));
    request.end();
    return { late: () => `no ${phase} in ${span(input.timeoutMs)}`, end: () => destroyLater(request) };
  });
}

/** HTTP/2 is loaded only where somebody speaks it. */
async function probeHttp2(input: HttpInput, signal?: AbortSignal): Promise<ProbeAnswer> {
  const http2 = await import('node:http2');
  return ask(input.timeoutMs, signal, (answer) => {
    let phase: 'connection' | 'answer' = 'connection';
    const socket = connect(input);
    socket.on('connect', () => {
      phase = 'answer';
    });
    socket.on('error', (error) => answer({ ok: false, outcome: toOutcome(error) }));
    const authority = input.host ?? `${input.address}:${input.port}`;
    const session = http2.connect(`http://${authority}`, { createConnection: () => socket });
    const stream = session.request({ ':path': input.path, ':authority': authority, 'user-agent': 'berth-probe', accept: '*/*' });
    stream.on('response', ({ ':status': status = 0 }) => {
      answer({ ok: status >= 200 && status < 400, status, outcome: String(status) });
      stream.resume();
    });
    for (const part of [session, stream]) part.on('error', (error: Error) => answer({ ok: false, outcome: toOutcome(error) }));
    stream.on('close', () => answer({ ok: false, outcome: 'connection closed without an answer' }));
    return {
      late: () => `no ${phase} in ${span(input.timeoutMs)}`,
      end: () => {
        session.close();
        destroyLater(session);
      },
    };
  });
}

/** A connection that says first, where it is wanted, that nobody is behind it: as the proxy's own checks do. */
function connect({ address, port, sendProxy }: HttpInput): net.Socket {
  const socket = net.connect({ host: address, port });
  if (sendProxy === 'v1') socket.write('PROXY UNKNOWN\r\n');
  if (sendProxy === 'v2') socket.write('\r\n\r\n\0\r\nQUIT\n\u0020\0\0\0', 'latin1');
  return socket;
}

/** Ends a connection as a well-mannered client does: one that is reset in the middle of a greeting makes some servers fall over. */
function leave(socket: net.Socket): void {
  socket.resume();
  socket.end();
  destroyLater(socket);
}

/** What has not ended by itself a second later is cut. */
function destroyLater(connection: { destroy(): void; once(event: 'close', listener: () => void): void }): void {
  const timer = setTimeout(() => connection.destroy(), 1000);
  timer.unref();
  connection.once('close', () => clearTimeout(timer));
}

type Answer = Omit<ProbeAnswer, 'tookMs'>;
type Question = { readonly late: () => string; readonly end: () => void };

/** Puts one question and waits for its first answer, the deadline or the signal. */
function ask(timeoutMs: number, signal: AbortSignal | undefined, put: (answer: (a: Answer) => void) => Question): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const startMs = performance.now();
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      question.end();
    };
    const answer = (a: Answer): void => {
      finish();
      resolve({ ...a, tookMs: Math.round(performance.now() - startMs) });
    };
    const onAbort = (): void => {
      finish();
      reject(signal?.reason);
    };
    const question = put(answer);
    const timer = setTimeout(() => answer({ ok: false, outcome: question.late() }), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

const outcomes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed without an answer',
  EPIPE: 'connection closed without an answer',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
  ETIMEDOUT: 'no connection',
};

function toOutcome(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code.startsWith('HPE_')) return 'not an HTTP answer';
  if (code.startsWith('ERR_HTTP2_')) return 'not an HTTP/2 answer';
  return outcomes[code] ?? (code === '' ? error.message : code);
}

function span(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}
