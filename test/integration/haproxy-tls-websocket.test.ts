import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/kit/index.ts';
import type { ListenerCertificate, ProxyConfig } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { backendOf, listenerOf, openEdge, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';
import { handshake, makePair, MemoryCertificates } from './tls-kit.ts';

// Browsers open WebSockets on an HTTP/2 connection that they have (RFC 8441) as well as on one of their own.
const port = await freePort();
const name = 'shop.web.3000';
const certificates = new MemoryCertificates();
let under: EdgeUnderTest;
let a: App;
let b: App;
let certificate: ListenerCertificate;
let paths = 0;

beforeAll(async () => {
  [under, a, b] = await Promise.all([openEdge({ certificates }), startApp('a'), startApp('b')]);
  certificate = certificates.put('a', await makePair({ name: 'a.test', hosts: ['a.test'] }), ['a.test']);
});
afterAll(async () => {
  await under.close();
  await Promise.all([a.stop(), b.stop()]);
});
beforeEach(() => under.edge.apply(config('ready')));

function config(state: 'ready' | 'drain'): ProxyConfig {
  const rules = Array.from({ length: paths }, (_, n) => ({ path: `/extra-${n}`, service: 'web', backend: name }));
  const servers = [serverOf(a, { state }), serverOf(b, { state: state === 'ready' ? 'drain' : 'ready' })];
  return { listeners: [listenerOf(port, name, { tls: { certificates: [certificate] }, rules })], backends: [backendOf(name, servers)] };
}

async function reload(): Promise<void> {
  paths += 1;
  expect(await under.edge.apply(config('ready'))).toEqual({ reloaded: true });
}

/** Another certificate in the place of the one before. */
async function renew(): Promise<void> {
  certificate = certificates.put('a', await makePair({ name: 'a.test', hosts: ['a.test'] }), ['a.test']);
  expect(await under.edge.apply(config('ready'))).toEqual({ reloaded: false });
}

type Tunnel = { say(text: string): Promise<string>; readonly closed: Promise<unknown>; close(): void };

async function overHttp2(): Promise<Tunnel> {
  const session: ClientHttp2Session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on('error', () => session.destroy());
  await once(session, 'remoteSettings');
  const head = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', 'sec-websocket-version': '13' };
  const stream: ClientHttp2Stream = session.request(head, { endStream: false });
  stream.on('error', () => stream.destroy());
  const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
  expect(headers[':status']).toBe(200);
  return tunnelOf(stream, () => session.destroy());
}

async function overHttp1(): Promise<Tunnel> {
  const socket = await handshake(port, { ALPNProtocols: ['http/1.1'] });
  socket.on('error', () => socket.destroy());
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  socket.write(`GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(head.toString()).toContain('101 Switching Protocols');
  return tunnelOf(socket, () => socket.destroy());
}

function tunnelOf(stream: NodeJS.ReadWriteStream, close: () => void): Tunnel {
  const closed = new Promise((resolve) => stream.on('close', resolve));
  return {
    async say(text) {
      stream.write(text);
      const [said] = (await once(stream, 'data')) as [Buffer];
      return said.toString();
    },
    closed,
    close,
  };
}

test('WebSockets over TLS, of HTTP/1.1 and HTTP/2, outlive reloads and certificates, and have their drain time', async () => {
  const old = [await overHttp1(), await overHttp2()];
  await reload();
  await renew();
  const all = [...old, await overHttp1(), await overHttp2()];
  // Longer than an idle connection of the old worker is kept.
  await systemClock.sleep(11_500);
  for (const [n, tunnel] of all.entries()) expect(await tunnel.say(`line ${n}`)).toBe(`line ${n}`);
  await under.edge.apply(config('drain'));
  const startedMs = performance.now();
  const closing = all.map((tunnel) => tunnel.closed.then(() => performance.now() - startedMs));
  const input = { backend: name, server: 'a', address: '127.0.0.1', port: a.port, mode: 'http' } as const;
  expect(await under.edge.drained({ ...input, drainMs: 200, longDrainMs: 1_000 })).toEqual({ closed: 4 });
  for (const tookMs of await Promise.all(closing)) expect(tookMs).toBeGreaterThanOrEqual(1_000);
  for (const tunnel of all) tunnel.close();
});

test('a client that connects and says nothing is let go', async () => {
  const silent = connectTcp(port, '127.0.0.1');
  const startedMs = performance.now();
  await once(silent.resume(), 'close');
  expect(performance.now() - startedMs).toBeLessThan(12_000);
});
