import { expect, test } from 'vitest';
import { Counter } from './counter.ts';
import { lineOf } from './fake-lines.ts';

const socket = '/run/edge/log.sock';
const front = '/run/front/log.sock';
const startMs = 100_000;

function counter(): Counter {
  const made = new Counter(startMs);
  made.follow({ socket, masters: [], ringBytes: 4_194_304, routes: { 'shop.test/api': { app: 'shop', service: 'web' } } });
  made.follow({ socket: front, masters: [], ringBytes: 4_194_304, routes: {}, front: { app: 'shop', service: 'web' } });
  return made;
}

test('counts by service, release, instance and route', () => {
  const c = counter();
  c.learn({ app: 'shop', name: 'shop-web-1', release: 1 });
  c.take(socket, lineOf({ n: 0, endMs: 100_500, route: 'shop.test/api', responseMs: 9 }), 101_000);
  c.take(socket, lineOf({ n: 1, endMs: 100_500, status: 404, server: 'shop-web-2' }), 101_000);
  c.take(socket, lineOf({ n: 2, endMs: 100_500, status: 503, server: '<NOSRV>', responseMs: -1, ms: 30 }), 101_000);
  c.learn({ app: 'shop', name: 'shop-web-2', release: 2 });
  const [web] = c.read({ app: 'shop', spanMs: 60_000 }, 102_000).services;
  expect(web?.total).toEqual({
    requests: 3,
    responses4xx: 1,
    responses5xx: 1,
    p50Ms: 10,
    p95Ms: 30,
    p99Ms: 30,
    bytesIn: 300,
    bytesOut: 600,
    retries: 0,
  });
  expect(web?.releases.map((r) => [r.release, r.requests])).toEqual([
    [1, 1],
    [2, 1],
  ]);
  expect(web?.instances.map((i) => [i.name, i.release])).toEqual([
    ['shop-web-1', 1],
    ['shop-web-2', 2],
  ]);
  expect(web?.routes.map((r) => [r.route, r.requests])).toEqual([
    [':80', 2],
    ['shop.test/api', 1],
  ]);
});

test('keeps the releases of a name apart that is used again', () => {
  const c = counter();
  for (const release of [1, 2]) {
    c.learn({ app: 'shop', name: 'shop-web-1', release });
    c.take(socket, lineOf({ n: release, endMs: 100_500 }), 101_000);
  }
  const [web] = c.read({ app: 'shop', spanMs: 60_000 }, 102_000).services;
  expect(web?.instances.map((i) => i.release)).toEqual([1, 2]);
});

test('counts what a route answered before a backend was chosen, and nothing of nobody', () => {
  const c = counter();
  c.take(socket, lineOf({ n: 0, endMs: 100_500, backend: 'in_80_any', server: '<NOSRV>', route: 'shop.test/api', status: 403 }), 101_000);
  c.take(socket, lineOf({ n: 1, endMs: 100_500, backend: 'berth.none', server: '<NOSRV>', status: 404 }), 101_000);
  const { services } = c.read({ app: 'shop', spanMs: 60_000 }, 102_000);
  expect(services.map((s) => [s.name, s.total.requests, s.total.responses4xx])).toEqual([['web', 1, 1]]);
});

test('believes a front nothing about others', () => {
  const c = counter();
  c.take(front, lineOf({ n: 0, endMs: 100_500, backend: 'shop.db.5432' }), 101_000);
  c.take(front, lineOf({ n: 1, endMs: 100_500, backend: 'shop.web.3000', frontend: 'in_3000' }), 101_000);
  const { services } = c.read({ app: 'shop', spanMs: 60_000 }, 102_000);
  expect(services.map((s) => [s.name, s.routes.map((r) => r.route)])).toEqual([['web', [':3000 (front)']]]);
});

test('says how many lines never came, once', () => {
  const c = counter();
  for (const n of [0, 1, 5, 6]) c.take(socket, lineOf({ n, endMs: 100_500 }), 101_000);
  for (const atMs of [101_000, 102_000, 103_000]) c.age(atMs);
  expect(c.read({ app: 'shop', spanMs: 3000 }, 103_000).gaps).toEqual([{ kind: 'lost', fromMs: 101_000, toMs: 102_000, lines: 3 }]);
});

test('says of the front of another service nothing', () => {
  const c = counter();
  c.replaced(front, { fromMs: 101_000, toMs: 101_500 });
  const gapsOf = (app: string, service?: string) => c.read({ app, service, spanMs: 3000 }, 103_000).gaps.map((gap) => gap.kind);
  expect([gapsOf('shop'), gapsOf('shop', 'web'), gapsOf('shop', 'db'), gapsOf('blog')]).toEqual([['reload'], ['reload'], [], []]);
});

test('does not call lost what another thread overtook', () => {
  const c = counter();
  for (const n of [0, 2]) c.take(socket, lineOf({ n, endMs: 100_500 }), 101_000);
  c.age(101_000);
  c.take(socket, lineOf({ n: 1, endMs: 100_500 }), 101_100);
  c.age(102_000);
  expect(c.read({ app: 'shop', spanMs: 2000 }, 102_000).gaps).toEqual([]);
});

test('counts a line once that is read again from the memory of a replaced process', () => {
  const c = counter();
  c.take(socket, lineOf({ n: 0, endMs: 100_500 }), 101_000);
  for (const n of [0, 1, 2]) c.takeAgain(socket, lineOf({ n, endMs: 100_500 }), 101_000);
  expect(c.read({ app: 'shop', spanMs: 60_000 }, 102_000).services[0]?.total.requests).toBe(3);
});

test('marks the time before it counted', () => {
  const { fromMs, gaps } = counter().read({ app: 'shop', spanMs: 60_000 }, 102_000);
  expect({ fromMs, gaps }).toEqual({ fromMs: startMs, gaps: [{ kind: 'unseen', fromMs: 42_000, toMs: startMs }] });
});

test('begins in the middle of a minute where it began then, and counts nothing from before', () => {
  const c = counter();
  for (const endMs of [startMs - 5000, startMs + 5000]) c.take(socket, lineOf({ n: endMs, endMs }), startMs + 6000);
  const nowMs = startMs + 600_000;
  c.age(nowMs);
  const { fromMs, gaps, services } = c.read({ app: 'shop', spanMs: 1_200_000 }, nowMs);
  expect({ fromMs, unseen: gaps.find((gap) => gap.kind === 'unseen')?.toMs }).toEqual({ fromMs: startMs, unseen: startMs });
  expect(services[0]?.total.requests).toBe(1);
});

test('gathers seconds into minutes and forgets what is hours old', () => {
  const c = counter();
  const nowMs = startMs + 3_600_000;
  c.take(socket, lineOf({ n: 0, endMs: startMs + 60_000 }), startMs + 60_100);
  c.age(nowMs);
  expect(c.read({ app: 'shop', spanMs: 3_600_000 }, nowMs).services[0]?.total.requests).toBe(1);
  expect(c.read({ app: 'shop', spanMs: 60_000 }, nowMs).services[0]?.total.requests).toBe(0);
  c.age(nowMs + 3 * 3_600_000);
  expect(c.read({ app: 'shop', spanMs: 10_000_000 }, nowMs + 3 * 3_600_000).services).toEqual([]);
});

test('counts a line that was held up where it belongs', () => {
  const c = counter();
  c.take(socket, lineOf({ n: 0, endMs: 100_500 }), 150_000);
  expect(c.read({ app: 'shop', spanMs: 10_000 }, 150_000).services[0]?.total.requests).toBe(0);
  expect(c.read({ app: 'shop', spanMs: 50_000 }, 150_000).services[0]?.total.requests).toBe(1);
});
