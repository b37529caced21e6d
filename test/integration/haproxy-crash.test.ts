import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/kit/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { ask, backendOf, listenerOf, oneBackend, openEdge, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';

const run = promisify(execFile);
const port = await freePort(3);
let under: EdgeUnderTest;
let a: App;
let b: App;
let c: App;

beforeEach(async () => {
  [under, a, b, c] = await Promise.all([openEdge(), startApp('a'), startApp('b'), startApp('c')]);
});
afterEach(async () => {
  await under.close();
  await Promise.all([a, b, c].map((app) => app.stop()));
});

/** Process ids of the edge on this machine, the master first. */
async function processes(): Promise<number[]> {
  const { stdout } = await run('docker', ['top', under.container, '-o', 'pid']);
  return stdout.trim().split('\n').slice(1).map(Number);
}

async function shares(requests: number): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (let i = 0; i < requests; i += 1) {
    const { status, body } = await ask(port);
    const key = status === 200 ? body : String(status);
    seen[key] = (seen[key] ?? 0) + 1;
  }
  return seen;
}

/** How long until requests are answered again; asked for a whole second before, so that the fall is not missed. */
async function downMs(): Promise<number> {
  const start = systemClock.monotonic();
  for (let quiet = 0; ;) {
    const ok = await ask(port).then(
      (r) => r.status === 200,
      () => false,
    );
    quiet = ok ? quiet + 1 : 0;
    if (quiet >= 20) return systemClock.monotonic() - start;
    await systemClock.sleep(10);
  }
}

const weighted = () =>
  oneBackend(port, [serverOf(a, { weight: 30 }), serverOf(b, { weight: 10 }), serverOf(c, { weight: 50, state: 'drain' })]);

test.each(['master', 'worker'])('is back within 2 s with weights and drains when its %s is killed', async (which) => {
  await under.edge.apply(oneBackend(port, [serverOf(a), serverOf(b), serverOf(c)]));
  await under.edge.apply(weighted());
  const [master, worker] = await processes();
  process.kill((which === 'master' ? master : worker) ?? 0, 'SIGKILL');
  expect(await downMs()).toBeLessThan(2_000);
  expect(await shares(40)).toEqual({ a: 30, b: 10 });
  expect(await under.again().apply(weighted())).toEqual({ reloaded: false });
  expect(await shares(40)).toEqual({ a: 30, b: 10 });
});

test('comes up the same when the engine restarts its container', async () => {
  await under.edge.apply(weighted());
  await run('docker', ['restart', '-t', '1', under.container]);
  await downMs();
  expect(await shares(40)).toEqual({ a: 30, b: 10 });
});

test('makes a container that somebody removed anew', async () => {
  await under.edge.apply(weighted());
  await run('docker', ['rm', '-f', under.container]);
  expect(await under.edge.stats()).toEqual([]);
  expect(await under.again().apply(weighted())).toEqual({ reloaded: true });
  expect(await shares(40)).toEqual({ a: 30, b: 10 });
});

test('needs no memory of its own: another server process finds everything as it is', async () => {
  await under.edge.apply(weighted());
  expect(await under.again().apply(weighted())).toEqual({ reloaded: false });
});

test('keeps serving, and keeps its boot file, when a configuration cannot be bound', async () => {
  const good = oneBackend(port, [serverOf(a)]);
  await under.edge.apply(good);
  const bad = { ...good, listeners: [...good.listeners, listenerOf(port + 1, 'shop.web.3000', { address: '203.0.113.9' })] };
  await expect(under.edge.apply(bad)).rejects.toMatchObject({ code: 'EDGE_FAILED', message: expect.stringContaining('203.0.113.9') });
  expect(await shares(5)).toEqual({ a: 5 });
  const added = oneBackend(port, [serverOf(a), serverOf(b)]);
  expect(await under.edge.apply(added)).toEqual({ reloaded: false });
  const drained = oneBackend(port, [serverOf(a, { state: 'drain' }), serverOf(b)]);
  await under.edge.apply(drained);
  await under.edge.drained({
    backend: 'shop.web.3000',
    server: 'a',
    address: '',
    port: a.port,
    mode: 'http',
    drainMs: 3_000,
    longDrainMs: 0,
  });
  const more = { ...drained, listeners: [...drained.listeners, listenerOf(port + 1, 'shop.web.3000')] };
  expect(await under.edge.apply(more)).toEqual({ reloaded: true });
  await run('docker', ['restart', '-t', '1', under.container]);
  await downMs();
  expect(await shares(5)).toEqual({ b: 5 });
});

test('a first start that cannot be bound leaves nothing', async () => {
  const bad = { listeners: [listenerOf(port, 'x', { address: '203.0.113.9' })], backends: [backendOf('x', [])] };
  await expect(under.edge.apply(bad)).rejects.toMatchObject({ code: 'EDGE_FAILED' });
  expect((await run('docker', ['ps', '-aq', '--filter', `name=${under.container}`])).stdout).toBe('');
  expect((await run('docker', ['volume', 'ls', '-q', '--filter', `name=${under.container}`])).stdout).toBe('');
});

test('a restart that cannot be bound goes back to what was there', async () => {
  await under.edge.apply(oneBackend(port, [serverOf(a)]));
  await run('docker', ['stop', '-t', '1', under.container]);
  const bad = { listeners: [listenerOf(port, 'x', { address: '203.0.113.9' })], backends: [backendOf('x', [])] };
  await expect(under.edge.apply(bad)).rejects.toMatchObject({ code: 'EDGE_FAILED' });
  await downMs();
  expect(await shares(3)).toEqual({ a: 3 });
});

test('names who holds a port, before and after it runs', async () => {
  const held = createServer();
  await new Promise<void>((resolve) => held.listen(port + 2, '127.0.0.1', resolve));
  const holder = expect.stringMatching(/^node \(pid \d+\)$|^MainThread \(pid \d+\)$/);
  const taken = { listeners: [listenerOf(port + 2, 'x')], backends: [backendOf('x', [serverOf(a)])] };
  await expect(under.edge.apply(taken)).rejects.toMatchObject({ code: 'PORT_TAKEN', details: { port: port + 2, holder } });
  await under.edge.apply(oneBackend(port, [serverOf(a)]));
  await expect(under.edge.apply(taken)).rejects.toMatchObject({ code: 'PORT_TAKEN', details: { port: port + 2, holder } });
  expect(await shares(3)).toEqual({ a: 3 });
  expect(await under.edge.portHolder({ address: '', port })).toBeUndefined();
  await new Promise((resolve) => held.close(resolve));
});

test.runIf(process.getuid?.() === 0)('serves a server that is not root, which alone may use its sockets', async () => {
  await under.edge.prepare();
  const script = fileURLToPath(new URL('haproxy-owner.ts', import.meta.url));
  const { stdout } = await run(process.execPath, [script]);
  expect(JSON.parse(stdout)).toEqual({
    uid: 1000,
    reloads: [true, false, true],
    body: 'b',
    owners: ['1000 600', '1000 600'],
    tls: { reloads: [true, false, false], kept: true, files: 3, modes: ['1000 600'] },
    holder: null,
  });
});

test('does not share a port with another installation, and names its home', async () => {
  await under.edge.apply(oneBackend(port, [serverOf(a)]));
  const other = await openEdge();
  try {
    await expect(other.edge.apply(oneBackend(port, [serverOf(b)]))).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(under.runDirectory),
    });
    expect(await shares(5)).toEqual({ a: 5 });
  } finally {
    await other.close();
  }
});
