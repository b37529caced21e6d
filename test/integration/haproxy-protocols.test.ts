import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect as connectH2, createServer as createH2, type Http2Server } from 'node:http2';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend, ProxyConfig, ProxyServer } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { ask, backendOf, listenerOf, openEdge, openTunnel, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';

const run = promisify(execFile);
const port = await freePort();
let under: EdgeUnderTest;
let a: App;
let b: App;

beforeAll(async () => {
  [under, a, b] = await Promise.all([openEdge(), startApp('a'), startApp('b')]);
});
afterAll(async () => {
  await under.close();
  await Promise.all([a, b].map((app) => app.stop()));
});

const listen = (server: Server | Http2Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
const placeOf = (name: string, at: number, over: Partial<ProxyServer> = {}): ProxyServer => ({
  name,
  address: '127.0.0.1',
  port: at,
  weight: 100,
  state: 'ready',
  ...over,
});
const up = async (count: number): Promise<void> => {
  const states = async (): Promise<string[]> => (await under.edge.stats()).map((s) => `${s.status} ${s.lastCheck.split(' ')[0]}`);
  await expect.poll(states, { timeout: 5_000 }).toEqual(Array.from({ length: count }, () => expect.stringMatching(/^up L[47]OK/)));
};

test('keeps a client at its instance until that is drained, and then at another', async () => {
  const name = 'shop.web.3000';
  const config = (state: 'ready' | 'drain'): ProxyConfig => ({
    listeners: [listenerOf(port, name)],
    backends: [backendOf(name, [serverOf(a, { state }), serverOf(b)], { sticky: { cookie: 'berth' } })],
  });
  await under.edge.apply({ ...config('ready'), backends: config('ready').backends.map((x) => ({ ...x, servers: [] })) });
  expect(await under.edge.apply(config('ready'))).toEqual({ reloaded: false });
  const cookieOf = async (who: string): Promise<string> => {
    for (;;) {
      const { body, headers } = await ask(port);
      if (body === who) return headers['set-cookie']?.[0] ?? '';
    }
  };
  const set = await cookieOf('a');
  expect(set).toMatch(/^berth=[0-9a-f]{16}; path=\/; HttpOnly; SameSite=Lax$/);
  const headers = { cookie: `${set.split(';')[0]}; mine=1` };
  const bodies = async (n: number): Promise<string[]> =>
    (await Promise.all(Array.from({ length: n }, () => ask(port, { headers })))).map((r) => r.body);
  expect(new Set(await bodies(10))).toEqual(new Set(['a']));
  expect(a.seen.at(-1)?.headers['cookie']).toBe('mine=1');

  const slow = ask(port, { path: '/?ms=800', headers });
  await expect.poll(() => a.seen.at(-1)?.url).toBe('/?ms=800');
  expect(await under.edge.apply(config('drain'))).toEqual({ reloaded: false });
  expect(new Set(await bodies(10))).toEqual(new Set(['b']));
  const input = { backend: name, server: 'a', address: '127.0.0.1', port: a.port, mode: 'http', drainMs: 5_000, longDrainMs: 0 } as const;
  expect(await under.edge.drained(input)).toEqual({ closed: 0 });
  expect((await slow).body).toBe('a');
  expect(await under.again().apply(config('drain'))).toEqual({ reloaded: false });
  await run('docker', ['restart', '-t', '1', under.container]);
  await expect.poll(() => ask(port, { headers }).then((r) => r.body, String), { timeout: 10_000 }).toBe('b');
  expect(await under.again().apply(config('ready'))).toEqual({ reloaded: false });
  await expect.poll(async () => new Set(await bodies(5)), { timeout: 3_000 }).toEqual(new Set(['a']));
});

/** A gRPC call as it is on the wire: HTTP/2, trailers after the body. */
function call(at: number, body: string): Promise<{ status: unknown; body: string; trailers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const session = connectH2(`http://127.0.0.1:${at}`);
    session.on('error', reject);
    const stream = session.request({ ':method': 'POST', ':path': '/shop.Cart/Add', 'content-type': 'application/grpc', te: 'trailers' });
    const seen = { status: undefined as unknown, body: '', trailers: {} as Record<string, unknown> };
    stream.on('response', (headers) => (seen.status = headers[':status']));
    stream.on('data', (d: Buffer) => (seen.body += d.toString()));
    stream.on('trailers', (t) => (seen.trailers = { ...t }));
    stream.on('error', reject);
    stream.on('end', () => {
      session.close();
      resolve(seen);
    });
    stream.end(body);
  });
}

test('speaks HTTP/2 to instances, checks them so, and carries gRPC with its trailers and streams', async () => {
  const server = createH2();
  server.on('stream', (stream, headers) => {
    if (headers['content-type'] !== 'application/grpc') {
      stream.respond({ ':status': 200 });
      stream.end('ok');
      return;
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
    stream.on('data', (d: Buffer) => stream.write(`echo ${d.toString()}`));
    stream.on('end', () => stream.end());
  });
  const at = await listen(server);
  const backend = (over: Partial<Backend>): Backend => backendOf('grpc', [], { h2: true, ...over });
  const config = (over: Partial<Backend>): ProxyConfig => ({ listeners: [listenerOf(port, 'grpc')], backends: [backend(over)] });
  await under.edge.apply(config({}));
  expect(await under.edge.apply(config({ servers: [placeOf('g', at, { h2: true })] }))).toEqual({ reloaded: false });
  await up(1);
  expect(await call(port, 'one')).toEqual({
    status: 200,
    body: 'echo one',
    trailers: expect.objectContaining({ 'grpc-status': '0', 'grpc-message': 'fine' }),
  });
  expect((await ask(port)).body).toBe('ok');
  // Bidirectional: an answer comes before the request ends.
  const session = connectH2(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':method': 'POST', ':path': '/x', 'content-type': 'application/grpc' });
  const next = (): Promise<string> => new Promise((resolve) => stream.once('data', (d: Buffer) => resolve(d.toString())));
  for (const text of ['a', 'b']) {
    const answer = next();
    stream.write(text);
    expect(await answer).toBe(`echo ${text}`);
  }
  await new Promise<void>((resolve) => stream.on('close', () => resolve()).end());
  session.close();
  await under.edge.apply({ listeners: [], backends: [] });
  await new Promise((resolve) => server.close(resolve));
});

test('old instances are spoken to as before while new ones want HTTP/2', async () => {
  const server = createH2((_req, res) => res.end('new'));
  const at = await listen(server);
  const servers = [serverOf(a), placeOf('new', at, { h2: true })];
  const backends = [backendOf('mix', servers, { h2: true, check: { kind: 'tcp' } })];
  await under.edge.apply({ listeners: [listenerOf(port, 'mix')], backends });
  const bodies = await Promise.all(Array.from({ length: 10 }, () => ask(port)));
  expect(new Set(bodies.map((r) => r.body))).toEqual(new Set(['a', 'new']));
  await under.edge.apply({ listeners: [], backends: [] });
  await new Promise((resolve) => server.close(resolve));
});

/** A program that says what came first on a connection. */
async function startReader(): Promise<{ port: number; firsts: string[]; close(): Promise<void> }> {
  const firsts: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((stream) => {
    sockets.add(stream);
    stream.on('error', () => stream.destroy());
    stream.once('data', (d) => {
      firsts.push(d.toString('latin1'));
      stream.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi');
    });
  });
  const at = await listen(server);
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: at, firsts, close };
}

test.each<['v1' | 'v2', string]>([
  ['v1', 'PROXY TCP4 127.0.0.1 127.0.0.1 '],
  ['v2', '\r\n\r\n\0\r\nQUIT\n!\u0011\0\u000c\u007f\0\0\u0001'],
])('sends a PROXY header (%s) to instances, and checks them with one', async (sendProxy, header) => {
  const reader = await startReader();
  const config: ProxyConfig = {
    listeners: [listenerOf(port, 'behind')],
    backends: [backendOf('behind', [placeOf('r', reader.port, { sendProxy })], { sendProxy })],
  };
  await under.edge.apply(config);
  await up(1);
  expect((await ask(port)).body).toBe('hi');
  expect(reader.firsts.some((first) => first.startsWith(header))).toBe(true);
  expect(reader.firsts.every((first) => first.startsWith(sendProxy === 'v1' ? 'PROXY ' : '\r\n\r\n\0\r\nQUIT\n'))).toBe(true);
  await reader.close();
});

test('takes the client from a PROXY header where it is demanded, and nobody without one', async () => {
  await under.edge.apply({ listeners: [listenerOf(port, 'web', { acceptProxy: true })], backends: [backendOf('web', [serverOf(a)])] });
  const send = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      let all = '';
      socket.on('data', (d) => (all += d.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(all));
      socket.write(text);
    });
  const get = 'GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  expect(await send(`PROXY TCP4 198.51.100.7 127.0.0.1 4711 80\r\n${get}`)).toContain('200 OK');
  expect(a.seen.at(-1)?.headers).toMatchObject({ 'x-forwarded-for': '198.51.100.7', 'x-real-ip': '198.51.100.7' });
  expect(await send(get)).not.toContain('200 OK');
});

test('believes trusted proxies, and finds the client behind them', async () => {
  const apply = async (trustedProxies: string[]): Promise<void> => {
    const listener = listenerOf(port, undefined, {
      trustedProxies,
      rules: [{ path: '/', service: 'web', backend: 'web', rules: { deny: ['198.51.100.0/24'] } }],
    });
    await under.edge.apply({ listeners: [listener], backends: [backendOf('web', [serverOf(a)])] });
  };
  const claims = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.test', forwarded: 'for=x', host: 'inner:1' };
  const seen = async (chain: string): Promise<Record<string, unknown>> => {
    const { status } = await ask(port, { headers: { ...claims, 'x-forwarded-for': chain } });
    return status === 200 ? (a.seen.at(-1)?.headers ?? {}) : { status };
  };
  await apply(['127.0.0.0/8', '10.0.0.0/8']);
  expect(await seen('6.6.6.6, 203.0.113.5, 10.1.1.1')).toMatchObject({
    'x-real-ip': '203.0.113.5',
    'x-forwarded-for': '6.6.6.6, 203.0.113.5, 10.1.1.1, 127.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.test',
    forwarded: 'for=x',
  });
  expect(await seen('198.51.100.9')).toEqual({ status: 403 });
  expect(await seen('198.51.100.9, 203.0.113.5')).toMatchObject({ 'x-real-ip': '203.0.113.5' });
  await apply(['192.0.2.1']);
  const untrusted = await seen('198.51.100.9');
  expect(untrusted).toMatchObject({
    'x-real-ip': '127.0.0.1',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'inner:1',
  });
  expect(untrusted).not.toHaveProperty('forwarded');
});

test('carries TLS through by the name that the client asks for', async () => {
  const directory = await mkdtemp(join(tmpdir(), 't-sni-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((file) => join(directory, file));
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key ?? '', '-out', cert ?? '', '-days', '1', '-subj', '/CN=t']); // prettier-ignore
  const secret = { key: await readFile(key ?? ''), cert: await readFile(cert ?? '') };
  const servers = ['one', 'two', 'rest'].map((name) => createTls(secret, (socket) => socket.on('error', () => undefined).end(name)));
  const [one, two, rest] = await Promise.all(servers.map((s) => listen(s)));
  const tcp = (name: string, at: number | undefined): Backend =>
    backendOf(name, [placeOf(name, at ?? 0)], { mode: 'tcp', check: { kind: 'tcp' } });
  const rules = [
    { host: 'one.Test', path: '/', service: 'web', backend: 'one' },
    { host: '*.test', path: '/', service: 'web', backend: 'two' },
  ];
  const backends = [tcp('one', one), tcp('two', two), tcp('rest', rest)];
  await under.edge.apply({ listeners: [listenerOf(port, 'rest', { mode: 'tcp', rules })], backends });
  const reach = (servername?: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ...(servername === undefined ? {} : { servername }),
      });
      socket.on('data', (d) => resolve(d.toString()));
      socket.on('error', (e) => resolve(e.message));
      socket.on('close', () => resolve('closed'));
    });
  expect(await Promise.all([reach('ONE.test'), reach('deep.other.test'), reach('else.org'), reach()])).toEqual([
    'one',
    'two',
    'rest',
    'rest',
  ]);
  await under.edge.apply({ listeners: [listenerOf(port, undefined, { mode: 'tcp', rules })], backends });
  expect(await reach('one.test')).toBe('one');
  expect(await reach('else.org')).not.toBe('rest');
  await Promise.all(servers.map((s) => new Promise((resolve) => s.close(resolve))));
  await rm(directory, { recursive: true });
});

test('leaves WebSockets and events as they are under every rule', async () => {
  const rules = {
    requestHeaders: { set: { 'X-A': 'b' }, remove: [] },
    responseHeaders: { set: { 'X-B': 'c' }, remove: [] },
    compress: true,
    maxBodyBytes: 10,
    rateLimit: { requests: 1000, perMs: 60_000 },
    timeoutMs: 60_000,
  };
  const listener = listenerOf(port, undefined, { rules: [{ path: '/', service: 'web', backend: 'web', rules }] });
  await under.edge.apply({ listeners: [listener], backends: [backendOf('web', [serverOf(a)], { sticky: { cookie: 'c' } })] });
  const tunnel = await openTunnel(port);
  expect(await tunnel.say('hello')).toBe('hello');
  tunnel.close();
  const first = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('data', (d) => {
      if (!d.toString().includes('data: ')) return;
      socket.destroy();
      resolve(d.toString());
    });
    socket.write('GET /events HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n');
  });
  expect(first).toContain('data: first');
});
