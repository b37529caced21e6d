import * as http from 'node:http';
import * as net from 'node:net';
import type { ProbeAnswer, Prober } from '../ports/index.ts';

/** Asks instances over the network of the machine: one connection a question, no redirect followed. */
export function createProber(): Prober {
  return { http: probeHttp, tcp: probeTcp };
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
      agent: false,
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
  return outcomes[code] ?? (code === '' ? error.message : code);
}

function span(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}
