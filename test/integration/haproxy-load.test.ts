import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProxyConfig, ProxyServer } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import {
  ask,
  backendOf,
  listenerOf,
  openEdge,
  oneBackend,
  serverOf,
  startApp,
  stopServer,
  type App,
  type EdgeUnderTest,
} from './haproxy-kit.ts';
import { startLoad } from './haproxy-load.ts';

const port = await freePort(2);
const backend = 'shop.web.3000';
let under: EdgeUnderTest;

beforeAll(async () => {
  under = await openEdge();
});
afterAll(() => under.close());

const drainOf = (app: App) => ({
  backend,
  server: app.name,
  address: '127.0.0.1',
  port: app.port,
  mode: 'http' as const,
  drainMs: 20_000,
  longDrainMs: 20_000,
});

/** The shop, and now and then another app, whose coming and going reloads HAProxy. */
function withGuest(servers: readonly ProxyServer[], guest: App | undefined): ProxyConfig {
  const config = oneBackend(port, servers);
  if (guest === undefined) return config;
  return {
    listeners: [...config.listeners, listenerOf(port + 1, 'guest.web.80')],
    backends: [...config.backends, backendOf('guest.web.80', [serverOf(guest)])],
  };
}

test('loses no request and repeats no POST in 20 swaps and 20 reloads', async () => {
  const guest = await startApp('guest');
  let apps = [await startApp('a0'), await startApp('b0')];
  const everyone = [...apps];
  await under.edge.apply(
    withGuest(
      apps.map((a) => serverOf(a)),
      undefined,
    ),
  );
  const loads = await Promise.all([
    startLoad({ port, kind: 'keep-alive', connections: 8 }),
    startLoad({ port, kind: 'close', connections: 4 }),
    startLoad({ port, kind: 'post', connections: 4 }),
  ]);
  let reloads = 0;
  for (let n = 1; n <= 20; n += 1) {
    const [old, other] = apps;
    if (old === undefined || other === undefined) throw new Error('two apps serve at any time');
    const fresh = await startApp(`${old.name[0]}${n}`);
    everyone.push(fresh);
    const host = n % 2 === 1 ? guest : undefined;
    const added = await under.edge.apply(withGuest([serverOf(old), serverOf(other), serverOf(fresh)], host));
    if (added.reloaded) reloads += 1;
    await under.edge.apply(withGuest([serverOf(old, { state: 'drain' }), serverOf(other), serverOf(fresh)], host));
    await under.edge.drained(drainOf(old));
    await under.edge.apply(withGuest([serverOf(other), serverOf(fresh)], host));
    await old.stop();
    apps = [other, fresh];
  }
  const results = await Promise.all(loads.map((l) => l.end()));
  await Promise.all([...apps, guest].map((a) => a.stop()));
  expect(reloads).toBe(20);
  expect(results.map((r) => ({ lost: r.lost, why: r.why }))).toEqual(results.map(() => ({ lost: 0, why: {} })));
  const executed = everyone.flatMap((a) => a.posts);
  expect(new Set(executed).size).toBe(executed.length);
  expect(executed.toSorted()).toEqual(results.flatMap((r) => r.ids).toSorted());
  const total = results.reduce((n, r) => n + r.ok, 0);
  console.log(`${total} requests, 0 lost, ${executed.length} POSTs once each, 20 swaps, ${reloads} reloads`);
});

test('executes no POST twice when instances are killed under it', async () => {
  let apps = [await startApp('k0'), await startApp('l0'), await startApp('m0')];
  const everyone = [...apps];
  await under.edge.apply(
    oneBackend(
      port,
      apps.map((a) => serverOf(a)),
    ),
  );
  const posts = await startLoad({ port, kind: 'post', connections: 8 });
  const gets = await startLoad({ port, kind: 'keep-alive', connections: 8 });
  for (let n = 1; n <= 6; n += 1) {
    const [victim, ...rest] = apps;
    if (victim === undefined) throw new Error('three apps serve at any time');
    await victim.stop();
    const fresh = await startApp(`n${n}`);
    everyone.push(fresh);
    apps = [...rest, fresh];
    await under.edge.apply(
      oneBackend(
        port,
        apps.map((a) => serverOf(a)),
      ),
    );
  }
  const [posted, got] = await Promise.all([posts.end(), gets.end()]);
  await Promise.all(apps.map((a) => a.stop()));
  const executed = everyone.flatMap((a) => a.posts);
  expect(new Set(executed).size).toBe(executed.length);
  expect(posted.ids.every((id) => executed.includes(id))).toBe(true);
  expect(posted.ok).toBeGreaterThan(100);
  expect({ lost: got.lost, why: got.why }).toEqual({ lost: 0, why: {} });
});

test('closes what it does not need before an instance would, so that no POST meets an instance that closes', async () => {
  // The check's connections are not among them: it has a path of its own.
  const open = new Set<Socket>();
  const patient = createServer({ keepAliveTimeout: 0 }, (req, res) => {
    if (req.url === '/slow') open.add(req.socket.once('close', () => open.delete(req.socket)));
    setTimeout(() => res.end('ok'), 500);
  }).listen(0, '127.0.0.1');
  await once(patient, 'listening');
  const place = {
    name: 'patient',
    address: '127.0.0.1',
    port: (patient.address() as AddressInfo).port,
    weight: 100,
    state: 'ready',
  } as const;
  await under.edge.apply(oneBackend(port, [place]));
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(port, { path: '/slow' })));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(open.size).toBeGreaterThan(50);
  await expect.poll(() => open.size, { timeout: 8_000 }).toBe(0);
  await stopServer(patient);
});
