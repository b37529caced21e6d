import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend, Listener, ProxyConfig, RouteRules, Rule } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { backendOf, listenerOf, openEdge, type EdgeUnderTest } from './haproxy-kit.ts';

const port = await freePort();
/** This machine has no address of these. */
const nobody = '192.0.2.0/24';
const everybody = '127.0.0.0/8';
let under: EdgeUnderTest;
let echo: Server;
let slow: Server;

beforeAll(async () => {
  under = await openEdge();
  echo = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket)).listen(0, '127.0.0.1');
  slow = createServer((socket) => {
    const timer = setInterval(() => socket.write('.'), 200);
    socket.on('error', () => socket.destroy()).on('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  await Promise.all([echo, slow].map((server) => once(server, 'listening')));
});
afterAll(async () => {
  await under.close();
  for (const server of [echo, slow]) server.close();
});

const tcp = (name: string, server: Server, over: Partial<Backend> = {}): Backend => {
  const place = { name, address: '127.0.0.1', port: (server.address() as AddressInfo).port, weight: 100, state: 'ready' } as const;
  return backendOf(name, [place], { mode: 'tcp', check: { kind: 'tcp' }, ...over });
};
const config = (listener: Partial<Listener>, over: Partial<Backend> = {}): ProxyConfig => ({
  listeners: [listenerOf(port, 'echo', { mode: 'tcp', ...listener })],
  backends: [tcp('echo', echo, over), tcp('slow', slow, over)],
});
const named = (host: string, rules?: RouteRules): Rule => ({ host, path: '/', service: 'web', backend: 'echo', rules });

/** What comes back for some words: `closed` where the connection ends before anything does. */
function say(words: string, prefix = ''): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (data) => resolve(data.toString()) ?? socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve('closed'));
    socket.write(prefix + words);
  });
}

/** Whether a TLS handshake for a name reached the server, which sends it back as it was. */
function greet(servername?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ port, host: '127.0.0.1', ...(servername === undefined ? {} : { servername }) });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNRESET' ? 'closed' : 'reached'));
    socket.on('close', () => resolve('closed'));
  });
}

test.each<[string, Listener['fallbackRules'], string]>([
  ['everybody where nothing is said', undefined, 'hello'],
  ['whom it may', { allow: [nobody, everybody] }, 'hello'],
  ['nobody else', { allow: [nobody, '::1'] }, 'closed'],
  ['not whom it may not', { deny: [everybody] }, 'closed'],
  ['others than those', { deny: [nobody] }, 'hello'],
  ['only who is allowed and not denied', { allow: [everybody], deny: ['127.0.0.1'] }, 'closed'],
])('lets in to a port of TCP %s', async (_who, fallbackRules, answer) => {
  await under.edge.apply(config({ fallbackRules }));
  expect(await say('hello')).toBe(answer);
});

test('lets in by the name of the handshake, each with lists of its own', async () => {
  await under.edge.apply(
    config({
      rules: [
        named('open.a.test'),
        named('*.a.test', { deny: [everybody] }),
        named('b.test', { allow: [nobody] }),
        named('c.test', { allow: [everybody] }),
      ],
      fallbackRules: { deny: [everybody] },
    }),
  );
  expect(await Promise.all(['Open.A.test', 'shut.a.test', 'b.test', 'c.test', 'd.test', undefined].map(greet))).toEqual([
    'reached',
    'closed',
    'closed',
    'reached',
    'closed',
    'closed',
  ]);
  expect(await say('no handshake at all')).toBe('closed');
});

test('closes a name that leads nowhere, and leaves the others', async () => {
  await under.edge.apply(config({ rules: [{ ...named('a.test'), backend: undefined, app: 'shop' }, named('b.test')] }));
  expect(await Promise.all([greet('a.test'), greet('b.test'), greet('c.test')])).toEqual(['closed', 'reached', 'reached']);
});

test('looks at the client that a PROXY header names', async () => {
  await under.edge.apply(config({ acceptProxy: true, fallbackRules: { allow: [nobody] } }));
  expect(await say('hello', `PROXY TCP4 192.0.2.7 127.0.0.1 4711 ${port}\r\n`)).toBe('hello');
  expect(await say('hello', `PROXY TCP4 198.51.100.7 127.0.0.1 4711 ${port}\r\n`)).toBe('closed');
});

test('closes a connection that is silent in both directions, and no other', async () => {
  await under.edge.apply(config({}, { idleMs: 500 }));
  const began = performance.now();
  const quiet = connect(port, '127.0.0.1');
  quiet.write('hello');
  await once(quiet, 'data');
  await once(quiet.resume(), 'close');
  expect(performance.now() - began).toBeGreaterThan(450);
  expect(performance.now() - began).toBeLessThan(5_000);

  await under.edge.apply(config({ fallback: 'slow' }, { idleMs: 500 }));
  const heard = connect(port, '127.0.0.1');
  let dots = '';
  heard.on('data', (data) => (dots += data.toString()));
  await expect.poll(() => dots.length, { timeout: 5_000 }).toBeGreaterThan(8);
  expect(heard.closed).toBe(false);
  heard.destroy();
});

test('closes a silent connection whose client has closed its side, although the server never does', async () => {
  const deaf = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy()).resume();
    ended.signal.addEventListener('abort', () => socket.destroy());
  });
  const ended = new AbortController();
  await once(deaf.listen(0, '127.0.0.1'), 'listening');
  const backends = [tcp('deaf', deaf, { idleMs: 500 })];
  await under.edge.apply({ listeners: [listenerOf(port, 'deaf', { mode: 'tcp' })], backends });
  const half = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const began = performance.now();
  half.end('hello');
  await once(half.resume(), 'end');
  expect(performance.now() - began).toBeLessThan(5_000);
  ended.abort();
  deaf.close();
});
