import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectEngine } from '../../src/docker/index.ts';
import { createFronts, createHaproxy, type HaproxyOptions } from '../../src/haproxy/index.ts';
import { createHost } from '../../src/host/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { labels, type Backend, type ProxyConfig, type ProxyServer, type Listener } from '../../src/model/index.ts';
import type { Certificates, DataPlane, Fronts, Telemetry } from '../../src/ports/index.ts';
import { imageSettings, ownHaproxyImage } from './haproxy-image.ts';

const run = promisify(execFile);
export const socket = '/var/run/docker.sock';

/** An edge of an installation of its own on the real engine; `close` leaves nothing behind. */
export type EdgeUnderTest = {
  readonly edge: DataPlane;
  readonly installation: string;
  readonly container: string;
  readonly runDirectory: string;
  readonly engine: ReturnType<typeof connectEngine>;
  /** Another server process over the same edge: nothing in memory. */
  again(): DataPlane;
  readonly fronts: Fronts;
  /** Another server process over the same fronts. */
  frontsAgain(): Fronts;
  close(): Promise<void>;
};

export async function openEdge(
  input: {
    readonly image?: string;
    readonly certificates?: Pick<Certificates, 'read'>;
    readonly telemetry?: Pick<Telemetry, 'attend' | 'follow'>;
  } = {},
): Promise<EdgeUnderTest> {
  const installation = `t-edge-${randomBytes(4).toString('hex').slice(0, 5)}`;
  const runDirectory = await mkdtemp(join(tmpdir(), 't-edge-'));
  const engine = connectEngine({ socket, clock: systemClock });
  const options: HaproxyOptions = {
    engine,
    host: createHost({ home: runDirectory, filesDirectory: runDirectory }),
    clock: systemClock,
    installation,
    home: runDirectory,
    runDirectory,
    frontsDirectory: runDirectory,
    owner: { uid: 0, gid: 0 },
    ipv6: existsSync('/proc/net/if_inet6'),
    certificates: input.certificates,
    telemetry: input.telemetry,
    image: imageSettings(engine, input.image),
  };
  const edge = createHaproxy(options);
  return {
    edge,
    installation,
    container: `berth-edge-${installation.slice(0, 12)}`,
    runDirectory,
    engine,
    again: () => createHaproxy(options),
    fronts: createFronts(options),
    frontsAgain: () => createFronts(options),
    async close() {
      await edge.remove();
      engine.close();
      await rm(runDirectory, { recursive: true, force: true });
      const left = await run('docker', ['ps', '-aq', '--filter', `label=${labels.installation}=${installation}`]);
      if (left.stdout !== '') throw new Error(`left behind: ${left.stdout}`);
    },
  };
}

/** A tag that leads to another image of the same HAProxy each time that `renew` is called; `remove` takes it away. */
export async function openImage(): Promise<{
  readonly reference: string;
  renew(): Promise<void>;
  spoil(): Promise<void>;
  remove(): Promise<void>;
}> {
  const own = await ownHaproxyImage();
  const reference = `t-haproxy:${randomBytes(4).toString('hex')}`;
  const ids: string[] = [];
  const renew = async (...more: string[]): Promise<void> => {
    const changes = [`LABEL renewed=${randomBytes(4).toString('hex')}`, ...more].flatMap((change) => ['--change', change]);
    const { stdout: container } = await run('docker', ['create', own]);
    const { stdout: id } = await run('docker', ['commit', ...changes, container.trim(), reference]);
    await run('docker', ['rm', container.trim()]);
    ids.push(id.trim());
  };
  await renew();
  return {
    reference,
    renew: () => renew(),
    // Its entrypoint finds no HAProxy.
    spoil: () => renew('ENV PATH=/nowhere'),
    async remove() {
      await run('docker', ['rmi', '-f', ...ids]);
    },
  };
}

/** A network of the test's own that this machine is on, at `gateway`. */
export async function openNetwork(
  name: string,
): Promise<{ readonly gateway: string; address(last: number): string; close(): Promise<void> }> {
  const prefix = `10.${200 + (randomBytes(1).readUInt8() % 50)}.${randomBytes(1).readUInt8()}`;
  await run('docker', ['network', 'create', '--subnet', `${prefix}.0/24`, name]);
  return {
    gateway: `${prefix}.1`,
    address: (last) => `${prefix}.${last}`,
    close: async () => void (await run('docker', ['network', 'rm', name])),
  };
}

/** A small application: says who it is, can be slow, echoes, streams events and answers to upgrades. */
export type App = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly posts: string[];
  readonly seen: IncomingMessage[];
  stop(): Promise<void>;
};

export async function startApp(name: string, address = '127.0.0.1'): Promise<App> {
  const posts: string[] = [];
  const seen: IncomingMessage[] = [];
  const server = createServer((req, res) => answer(name, posts, req, res));
  server.on('request', (req) => seen.push(req));
  server.on('upgrade', (req, stream) => {
    // The words of RFC 6455, 4.2.2. HAProxy looks at the answer where the client came over HTTP/2.
    const key = `${req.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`;
    stream.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${accept}\r\n\r\n`);
    stream.on('data', (data) => stream.write(data));
    stream.on('error', () => stream.destroy());
    stream.on('end', () => stream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return { name, address, port: (server.address() as AddressInfo).port, posts, seen, stop: () => stopServer(server) };
}

function answer(name: string, posts: string[], req: IncomingMessage, res: ServerResponse): void {
  const url = new URL(req.url ?? '/', 'http://x');
  if (url.pathname === '/events') {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: first\n\n');
    const timer = setInterval(() => res.write('data: more\n\n'), 50);
    res.on('close', () => clearInterval(timer));
    return;
  }
  if (url.pathname.endsWith('/text')) return void res.writeHead(200, { 'content-type': 'text/plain' }).end('text '.repeat(1000));
  if (url.pathname.endsWith('/picture')) return void res.writeHead(200, { 'content-type': 'image/png' }).end('x'.repeat(5000));
  if (url.pathname.endsWith('/packed'))
    return void res.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'br' }).end('packed already');
  if (req.method === 'POST') posts.push(url.searchParams.get('id') ?? '');
  setTimeout(() => res.end(name), Number(url.searchParams.get('ms') ?? 0));
}

export function stopServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

export const serverOf = (app: App, over: Partial<ProxyServer> = {}): ProxyServer => ({
  name: app.name,
  address: app.address,
  port: app.port,
  weight: 100,
  state: 'ready',
  ...over,
});

export const backendOf = (name: string, servers: readonly ProxyServer[], over: Partial<Backend> = {}): Backend => ({
  name,
  app: 'shop',
  service: 'web',
  mode: 'http',
  check: { kind: 'http', path: '/' },
  servers,
  ...over,
});

export const listenerOf = (port: number, fallback: string | undefined, over: Partial<Listener> = {}): Listener => ({
  address: '',
  port,
  mode: 'http',
  rules: [],
  fallback,
  ...over,
});

export const oneBackend = (port: number, servers: readonly ProxyServer[]): ProxyConfig => ({
  listeners: [listenerOf(port, 'shop.web.3000')],
  backends: [backendOf('shop.web.3000', servers)],
});

export type Answer = { readonly status: number; readonly body: string; readonly headers: IncomingMessage['headers'] };

/** One request on a connection of its own. */
export function ask(
  port: number,
  input: { path?: string; method?: string; headers?: Record<string, string>; address?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { path = '/', method = 'GET', headers = {}, address = '127.0.0.1' } = input;
    const req = request({ host: address, port, path, method, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (c: Buffer) => chunks.push(c));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString(), headers: res.headers }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end();
  });
}

/** A WebSocket-like tunnel: `say` waits for the echo, `closed` for the end. */
export async function openTunnel(
  port: number,
  address = '127.0.0.1',
): Promise<{ say(text: string): Promise<string>; closed: Promise<void>; close(): void }> {
  const stream = connect(port, address);
  stream.on('error', () => stream.destroy());
  const closed = new Promise<void>((resolve) => stream.on('close', () => resolve()));
  const next = (): Promise<string> => new Promise((resolve) => stream.once('data', (d) => resolve(d.toString())));
  stream.write(
    'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const head = await next();
  if (!head.startsWith('HTTP/1.1 101')) throw new Error(head);
  return {
    say(text) {
      const echo = next();
      stream.write(text);
      return echo;
    },
    closed,
    close: () => stream.destroy(),
  };
}
