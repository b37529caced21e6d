import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../e2e/harness/free-port.ts';
import { ask, backendOf, listenerOf, openEdge, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';

const port = await freePort(3);
let under: EdgeUnderTest;
let shop: App;
let api: App;

beforeAll(async () => {
  [under, shop, api] = await Promise.all([openEdge(), startApp('shop'), startApp('api')]);
});
afterAll(async () => {
  await under.close();
  await Promise.all([shop, api].map((app) => app.stop()));
});

test('takes each request to the backend of its host and path', async () => {
  const backends = ['exact', 'api', 'wild', 'fall'].map((name) => backendOf(name, [serverOf(name === 'api' ? api : shop)]));
  const other = listenerOf(port + 1, undefined, { rules: [{ host: 'shop.example.com', path: '/', service: 'web', backend: 'exact' }] });
  const rules = [
    { host: 'shop.example.com', path: "/a+p(i)'s", service: 'web', backend: 'api' },
    { host: 'shop.example.com', path: '/api/', service: 'web', backend: 'api' },
    { host: 'Shop.Example.com', path: '/', service: 'web', backend: 'exact' },
    { host: '*.example.com', path: '/', service: 'web', backend: 'api' },
    { path: '/open', service: 'web', backend: 'api' },
  ];
  await under.edge.apply({ listeners: [listenerOf(port, 'fall', { rules }), other], backends });
  const get = async (host: string, path: string): Promise<string> => (await ask(port, { path, headers: { host } })).body;
  expect(await get('shop.example.com', '/')).toBe('shop');
  expect(await get(`SHOP.example.com:${port}`, '/apis')).toBe('shop');
  expect(await get('shop.example.com.', '/api')).toBe('api');
  expect(await get('shop.example.com', '/api?x=1')).toBe('api');
  expect(await get('shop.example.com', '/api/deep')).toBe('api');
  expect(await get('shop.example.com', "/a+p(i)'s/x")).toBe('api');
  expect(await get('a.b.example.com', '/')).toBe('api');
  expect(await get('example.com', '/')).toBe('shop');
  expect(await get('elsewhere.org', '/open/x')).toBe('api');
  expect(await get('elsewhere.org', '/opened')).toBe('shop');
  expect((await ask(port + 1, { headers: { host: 'elsewhere.org' } })).status).toBe(404);
  expect((await ask(port + 1, { headers: { host: 'shop.example.com' } })).status).toBe(200);
});

test('says who asks, whatever the client claims', async () => {
  await under.edge.apply({ listeners: [listenerOf(port, 'b')], backends: [backendOf('b', [serverOf(shop)])] });
  const claims = {
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-proto': 'https',
    'x-real-ip': '6.6.6.6',
    forwarded: 'for=6.6.6.6',
    proxy: 'evil',
  };
  await ask(port, { path: '/who', headers: { ...claims, host: 'me.example:1' } });
  const headers = shop.seen.find((r) => r.url === '/who')?.headers;
  expect(headers).toMatchObject({
    host: 'me.example:1',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'me.example:1',
    'x-forwarded-port': String(port),
    'x-real-ip': '127.0.0.1',
  });
  expect(headers).not.toHaveProperty('forwarded');
  expect(headers).not.toHaveProperty('proxy');
});

test('answers with a clear page while nothing is ready', async () => {
  await under.edge.apply({ listeners: [listenerOf(port, 'b')], backends: [backendOf('b', [serverOf(shop, { state: 'drain' })])] });
  const { status, body, headers } = await ask(port);
  expect(status).toBe(503);
  expect(body).toContain('The application is not ready');
  expect(headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' });
});

test('takes an instance out of rotation when it stops answering its check', async () => {
  const sick = backendOf('b', [serverOf(shop), serverOf(api)], { check: { kind: 'http', path: '/', host: 'x.example' } });
  await under.edge.apply({ listeners: [listenerOf(port, 'b')], backends: [sick] });
  await expect
    .poll(async () => (await under.edge.stats()).map((s) => s.lastCheck), { timeout: 10_000 })
    .toEqual([expect.stringContaining('L7OK/200'), expect.stringContaining('L7OK/200')]);
  const dying = await startApp('dying');
  await under.edge.apply({ listeners: [listenerOf(port, 'b')], backends: [{ ...sick, servers: [...sick.servers, serverOf(dying)] }] });
  await dying.stop();
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask(port)));
  expect(answers.map((a) => a.status)).toEqual(answers.map(() => 200));
  await expect.poll(async () => (await under.edge.stats()).find((s) => s.server === 'dying')?.status, { timeout: 10_000 }).toBe('down');
});

test('counts over a reload', async () => {
  const config = { listeners: [listenerOf(port, 'n')], backends: [backendOf('n', [serverOf(shop)])] };
  await under.edge.apply(config);
  for (let i = 0; i < 5; i += 1) await ask(port);
  await under.edge.apply({ ...config, listeners: [...config.listeners, listenerOf(port + 1, 'n')] });
  for (let i = 0; i < 3; i += 1) await ask(port);
  expect(await under.edge.stats()).toMatchObject([{ backend: 'n', server: 'shop', requests: 8, responses5xx: 0 }]);
});

test('binds IPv4 and IPv6, and only the address it was given', async () => {
  const backends = [backendOf('all', [serverOf(shop)]), backendOf('one', [serverOf(api)])];
  const local = listenerOf(port + 2, 'one', { address: '127.0.0.2' });
  await under.edge.apply({ listeners: [listenerOf(port, 'all'), local, listenerOf(port, 'one', { address: '127.0.0.3' })], backends });
  expect((await ask(port)).body).toBe('shop');
  if (existsSync('/proc/net/if_inet6')) expect((await ask(port, { address: '::1' })).body).toBe('shop');
  expect((await ask(port, { address: '127.0.0.3' })).body).toBe('api');
  expect((await ask(port + 2, { address: '127.0.0.2' })).body).toBe('api');
  await expect(ask(port + 2)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await under.edge.apply({ listeners: [listenerOf(port, 'one', { address: '::1' })], backends });
  expect((await ask(port, { address: '::1' })).body).toBe('api');
  await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('carries TCP', async () => {
  const server = createServer((stream) => stream.on('error', () => stream.destroy()).pipe(stream));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const target = { name: 'db-1', address: '127.0.0.1', port: (server.address() as AddressInfo).port, weight: 100, state: 'ready' } as const;
  const backend = backendOf('shop.db.5432', [target], { mode: 'tcp', check: { kind: 'tcp' } });
  const config = { listeners: [listenerOf(port, 'shop.db.5432', { mode: 'tcp' })], backends: [backend] };
  await under.edge.apply(config);
  const client = connect(port, '127.0.0.1');
  const echo = (text: string): Promise<string> =>
    new Promise((resolve) => {
      client.once('data', (d) => resolve(d.toString()));
      client.write(text);
    });
  expect(await echo('one')).toBe('one');
  await under.edge.apply({ ...config, listeners: [...config.listeners, listenerOf(port + 1, undefined)] });
  expect(await echo('two')).toBe('two');
  await under.edge.apply({ ...config, backends: [{ ...backend, servers: [{ ...target, state: 'drain' }] }] });
  const closed = new Promise<void>((resolve) => client.on('close', () => resolve()));
  const input = { backend: 'shop.db.5432', server: 'db-1', address: '127.0.0.1', port: target.port, mode: 'tcp' } as const;
  expect(await under.edge.drained({ ...input, drainMs: 0, longDrainMs: 300 })).toEqual({ closed: 1 });
  await closed;
  await new Promise((resolve) => server.close(resolve));
});

test('sends events on as they come, with no wait for more', async () => {
  await under.edge.apply({ listeners: [listenerOf(port, 'b')], backends: [backendOf('b', [serverOf(shop)])] });
  const times = await new Promise<number[]>((resolve, reject) => {
    const at: number[] = [];
    const req = request({ host: '127.0.0.1', port, path: '/events', agent: false }, (res) => {
      res.on('data', () => {
        at.push(performance.now());
        if (at.length === 5) {
          req.destroy();
          resolve(at);
        }
      });
    });
    req.on('error', reject);
    req.end();
  });
  const gaps = times.slice(1).map((t, i) => t - (times[i] ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(180);
});
