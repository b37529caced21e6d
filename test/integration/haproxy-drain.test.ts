import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { askMaster } from '../../src/haproxy/index.ts';
import type { ProxyConfig, ProxyServer } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { ask, backendOf, listenerOf, openEdge, openTunnel, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';

const port = await freePort(40);
const name = 'shop.web.3000';
let under: EdgeUnderTest;
let a: App;
let b: App;
let guests = 0;

beforeAll(async () => {
  [under, a, b] = await Promise.all([openEdge(), startApp('a'), startApp('b')]);
});
afterAll(async () => {
  await under.close();
  await Promise.all([a, b].map((app) => app.stop()));
});
beforeEach(() => under.edge.apply(config('ready')));

/** `a` alone takes traffic until it drains; then `b` does. */
function config(state: 'ready' | 'drain'): ProxyConfig {
  const servers = [serverOf(a, { state }), serverOf(b, { state: state === 'ready' ? 'drain' : 'ready' })];
  const extra = guests === 0 ? [] : [listenerOf(port + guests, undefined)];
  return { listeners: [listenerOf(port, name), ...extra], backends: [backendOf(name, servers)] };
}

async function reload(state: 'ready' | 'drain'): Promise<void> {
  guests += 1;
  expect(await under.edge.apply(config(state))).toEqual({ reloaded: true });
}

async function drained(over: { drainMs?: number; longDrainMs?: number } = {}): Promise<{ closed: number; tookMs: number }> {
  const start = performance.now();
  const input = { backend: name, server: 'a', address: '127.0.0.1', port: a.port, mode: 'http' } as const;
  const { closed } = await under.edge.drained({ ...input, drainMs: 20_000, longDrainMs: 20_000, ...over });
  return { closed, tookMs: performance.now() - start };
}

/** A client that keeps its connection; `ask` uses that one and answers whether it was kept. */
function keptClient(): { ask(path?: string): Promise<string>; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: (path = '/') =>
      new Promise((resolve, reject) => {
        const req = request({ host: '127.0.0.1', port, path, agent }, (res) => {
          let body = '';
          res.on('data', (d: Buffer) => (body += d.toString()));
          res.on('end', () => resolve(body));
        });
        req.on('error', reject);
        req.end();
      }),
    close: () => agent.destroy(),
  };
}

test('takes no time when nothing is in flight', async () => {
  await under.edge.apply(config('drain'));
  const { closed, tookMs } = await drained();
  expect(closed).toBe(0);
  expect(tookMs).toBeLessThan(100);
});

test('refuses to wait for a server that still gets requests', async () => {
  await expect(drained()).rejects.toMatchObject({ code: 'EDGE_FAILED' });
});

test('waits for a slow request to end', async () => {
  const slow = ask(port, { path: '/?ms=700' });
  await expect.poll(() => a.seen.some((r) => r.url === '/?ms=700')).toBe(true);
  await under.edge.apply(config('drain'));
  const { closed, tookMs } = await drained();
  expect({ closed, body: (await slow).body }).toEqual({ closed: 0, body: 'a' });
  expect(tookMs).toBeGreaterThan(300);
});

test('closes a request that outlives its drain', async () => {
  const slow = ask(port, { path: '/?ms=60000' });
  const ended = expect(slow).rejects.toThrow();
  await expect.poll(() => a.seen.some((r) => r.url === '/?ms=60000')).toBe(true);
  await under.edge.apply(config('drain'));
  expect((await drained({ drainMs: 300 })).closed).toBe(1);
  await ended;
});

test('gives a WebSocket its own time, in an old worker too, and counts what it closes', async () => {
  const old = await openTunnel(port);
  await reload('ready');
  const fresh = await openTunnel(port);
  expect([await old.say('one'), await fresh.say('two')]).toEqual(['one', 'two']);
  await under.edge.apply(config('drain'));
  const { closed, tookMs } = await drained({ drainMs: 200, longDrainMs: 800 });
  expect(closed).toBe(2);
  expect(tookMs).toBeGreaterThanOrEqual(800);
  await Promise.all([old.closed, fresh.closed]);
});

test('waits for a WebSocket that ends by itself and closes none', async () => {
  const tunnel = await openTunnel(port);
  await under.edge.apply(config('drain'));
  const waiting = drained({ drainMs: 100, longDrainMs: 10_000 });
  expect(await tunnel.say('still there')).toBe('still there');
  tunnel.close();
  expect((await waiting).closed).toBe(0);
});

test('a tunnel to another instance in an old worker holds nobody up', async () => {
  const tunnel = await openTunnel(port);
  await reload('drain');
  const other = { backend: name, server: 'gone', address: '127.0.0.1', port: 9, mode: 'http' } as const;
  const start = performance.now();
  await under.edge.drained({ ...other, drainMs: 20_000, longDrainMs: 20_000 });
  expect(performance.now() - start).toBeLessThan(1_000);
  expect(await tunnel.say('hello')).toBe('hello');
  tunnel.close();
});

test('waits for a client that an old worker may still hear once, and loses nothing of it', async () => {
  const client = keptClient();
  expect(await client.ask()).toBe('a');
  await reload('ready');
  await under.edge.apply(config('drain'));
  const waiting = drained();
  const done = waiting.then(() => 'done');
  expect(await Promise.race([done, new Promise((resolve) => setTimeout(() => resolve('waits'), 1_000))])).toBe('waits');
  // The old worker knows of no drain: it still asks `a`, which is there.
  expect(await client.ask()).toBe('a');
  expect(await client.ask()).toBe('b');
  expect((await waiting).closed).toBe(0);
  client.close();
});

test('a worker that has ended is answered for at once, and the master goes on taking questions', async () => {
  const master = join(under.runDirectory, 'master.sock');
  const ask = (command: string): Promise<string> => askMaster(master, command, { deadlineMs: 2_000 });
  for (let n = 0; n < 500; n++) expect(await ask('@!4194304 show info')).toBe('');
  expect(await Promise.all(Array.from({ length: 10 }, () => ask('show proc')))).toSatisfy((all: string[]) =>
    all.every((text) => text.includes('worker')),
  );
});

test('takes an instance away that never closes what its clients have closed, and forgets it once it has ended', async () => {
  const heard = new Set<string>();
  const deaf = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy()).on('data', (data) => heard.add(data.toString()));
    ended.signal.addEventListener('abort', () => socket.destroy());
  });
  const ended = new AbortController();
  await once(deaf.listen(0, '127.0.0.1'), 'listening');
  const place = { name: 'deaf', address: '127.0.0.1', port: (deaf.address() as AddressInfo).port, weight: 100, state: 'ready' } as const;
  const over = { mode: 'tcp', check: { kind: 'tcp' } } as const;
  const other = serverOf(b);
  const apply = (servers: ProxyServer[]): Promise<unknown> =>
    under.edge.apply({ listeners: [listenerOf(port, name, { mode: 'tcp' })], backends: [backendOf(name, servers, over)] });
  await apply([place]);
  connect(port, '127.0.0.1').end('one');
  await expect.poll(() => heard.has('one')).toBe(true);
  await apply([{ ...place, state: 'drain' }, other]);
  const input = { backend: name, server: 'deaf', address: '127.0.0.1', port: place.port, mode: 'tcp' } as const;
  await under.edge.drained({ ...input, drainMs: 200, longDrainMs: 200 });
  await apply([other]);
  expect((await ask(port)).body).toBe('b');
  ended.abort();
  deaf.close();
  await apply([other]);
  expect((await under.edge.stats()).map((s) => s.server)).toEqual(['b']);
});
