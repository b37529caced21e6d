import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/kit/index.ts';
import type { ServiceTraffic, TrafficCounts } from '../../src/ports/index.ts';
import { createTelemetry, type CountingTelemetry } from '../../src/telemetry/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { ask, backendOf, listenerOf, oneBackend, openEdge, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';

const port = await freePort(2);
const entry = path.resolve(import.meta.dirname, '../../src/main/telemetry.ts');
const troubles: string[] = [];
let telemetry: CountingTelemetry;
let under: EdgeUnderTest;
let app: App;

beforeAll(async () => {
  telemetry = createTelemetry({ entry, clock: systemClock, onTrouble: (message) => troubles.push(message) });
  [under, app] = await Promise.all([openEdge({ telemetry }), startApp('shop-web-1')]);
});
afterAll(async () => {
  await under.close();
  await Promise.all([app.stop(), telemetry[Symbol.asyncDispose]()]);
});

test('counts requests of the edge, whatever they ask for', async () => {
  const rule = { host: 'shop.test', path: '/api', service: 'web', backend: 'shop.web.3000', rules: { deny: ['127.0.0.0/8'] } };
  await under.edge.apply({
    listeners: [listenerOf(port, 'shop.web.3000', { rules: [rule] })],
    backends: [backendOf('shop.web.3000', [serverOf(app)])],
  });
  telemetry.learn({ app: 'shop', name: 'shop-web-1', release: 7 });
  const before = (await untilCounted(() => true))?.total.requests ?? 0;
  await say(`GET /"},{"n":1,"x":" HTTP/1.1\r\nHost: "}{\r\nUser-Agent: \\"\r\nConnection: close\r\n\r\n`);
  await ask(port, { path: `/${'x'.repeat(6000)}?"=%22%0a` });
  await ask(port, { path: '/?ms=60', method: 'POST' });
  expect((await ask(port, { path: '/api', headers: { host: 'shop.test' } })).status).toBe(403);
  await say('not HTTP at all\r\n\r\n');
  const web = await untilCounted((s) => s.total.requests - before >= 3 && s.total.responses4xx >= 1);
  expect(web?.instances.map((i) => [i.name, i.release])).toEqual([['shop-web-1', 7]]);
  expect(web?.routes.map((r) => [r.route, r.responses4xx])).toContainEqual(['shop.test/api', 1]);
  expect(web?.total.p99Ms).toBeGreaterThanOrEqual(60);
  expect((await counts()).gaps.filter((gap) => gap.kind === 'lost')).toEqual([]);
});

test('counts what a replaced worker finishes after a reload', async () => {
  await under.edge.apply(oneBackend(port, [serverOf(app)]));
  const before = (await untilCounted(() => true))?.total.requests ?? 0;
  await ask(port);
  await untilCounted((s) => s.total.requests > before);
  const startedMs = Date.now();
  const slow = Array.from({ length: 10 }, (_, i) => ask(port, { path: `/?ms=${1000 + 100 * i}` }));
  await sleep(200);
  const config = oneBackend(port, [serverOf(app)]);
  const other = { ...config, listeners: [...config.listeners, listenerOf(port + 1, 'shop.web.3000')] };
  expect(await under.edge.apply(other)).toEqual({ reloaded: true });
  await Promise.all(slow);
  const isMarked = async (): Promise<boolean> => (await counts()).gaps.some((gap) => gap.kind === 'reload' && gap.toMs > startedMs);
  await expect.poll(isMarked, { timeout: 15_000 }).toBe(true);
  const seen = ((await untilCounted(() => true))?.total.requests ?? 0) - before;
  // The last lines, of the moment that is marked, may be missing.
  expect(seen).toBeGreaterThanOrEqual(10);
  expect(seen).toBeLessThanOrEqual(11);
});

test('serves on when nobody counts, and says so afterwards', async () => {
  const { pid } = telemetry;
  if (pid === undefined) throw new Error('Nobody counts.');
  process.kill(pid, 'SIGKILL');
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(port)));
  expect(answers.every((answer) => answer.status === 200)).toBe(true);
  expect(await telemetry.read({ app: 'shop', spanMs: 60_000 })).toBeUndefined();
  await expect.poll(() => telemetry.pid, { timeout: 5000 }).not.toBe(pid);
  await expect.poll(async () => (await telemetry.read({ app: 'shop', spanMs: 60_000 }))?.gaps[0]?.kind, { timeout: 5000 }).toBe('unseen');
  await sleep(1500);
  await ask(port);
  await untilCounted((s) => s.total.requests > 0);
  expect(troubles).toEqual([expect.stringContaining('ended (SIGKILL)')]);
});

async function counts(): Promise<TrafficCounts> {
  const found = await telemetry.read({ app: 'shop', spanMs: 60_000 });
  if (found === undefined) throw new Error('Nobody counts.');
  return found;
}

/** The traffic of the service once it is as expected, and nothing more has come for a moment. */
async function untilCounted(isEnough: (service: ServiceTraffic) => boolean): Promise<ServiceTraffic | undefined> {
  await sleep(300);
  for (let tries = 0; tries < 50; tries++) {
    const [web] = (await telemetry.read({ app: 'shop', spanMs: 60_000 }))?.services ?? [];
    if (web !== undefined && isEnough(web)) return web;
    if (web === undefined && tries === 5) await ask(port);
    await sleep(100);
  }
  throw new Error('It was not counted.');
}

/** Sends bytes as they are, and waits for the end of the connection. */
function say(text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve()).on('close', () => resolve());
    socket.resume().write(text);
  });
}
