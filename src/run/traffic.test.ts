import { expect, it } from 'vitest';
import { FakeWorld, project, service, web } from '../../test/fakes/world.ts';
import type { RequestCounts } from '../ports/index.ts';

const counts = (requests: number): RequestCounts => ({
  requests,
  responses4xx: 0,
  responses5xx: 0,
  ...(requests > 0 ? { p50Ms: 1, p95Ms: 2, p99Ms: 3 } : {}),
  bytesIn: requests,
  bytesOut: requests,
  retries: 0,
});

it('shows releases, instances and routes that had requests in the span, and no others', async () => {
  const w = new FakeWorld();
  await w.up(project([web({ replicas: 1 })]));
  const some = { release: 2, ...counts(30) };
  const none = { release: 1, ...counts(0) };
  w.telemetry.counts = {
    fromMs: 0,
    toMs: 10_000,
    services: [
      {
        name: 'web',
        total: counts(30),
        releases: [none, some],
        instances: [
          { name: 'shop-web-1', ...none },
          { name: 'shop-web-2', ...some },
        ],
        routes: [
          { route: 'old.test/', ...counts(0) },
          { route: 'a.test/', ...counts(30) },
        ],
      },
    ],
    gaps: [],
  };
  const { services } = await w.runner.traffic({ app: 'shop', spanMs: 10_000 });
  expect(services).toMatchObject([
    { perSecond: 3, releases: [{ release: 2 }], instances: [{ name: 'shop-web-2' }], routes: [{ route: 'a.test/', requests: 30 }] },
  ]);
});

it('shows a service that has only something in hand, like a WebSocket', async () => {
  const w = new FakeWorld();
  await w.up(project([web({ replicas: 1 }), service({ name: 'chat', image: 'app:1', port: 3000 })]));
  w.telemetry.counts = { fromMs: 0, toMs: 10_000, services: [], gaps: [] };
  const [backend] = w.dataPlane.config.backends;
  if (backend === undefined) throw new Error('web is behind the edge');
  for (let i = 0; i < 3; i++) w.dataPlane.begin(backend.name, 'shop-web-1', 'long');
  expect((await w.runner.traffic({ app: 'shop', spanMs: 10_000 })).services).toMatchObject([
    { name: 'web', requests: 0, perSecond: 0, inFlight: 3, instances: [{ name: 'shop-web-1', inFlight: 3 }] },
  ]);
  expect((await w.runner.traffic({ app: 'shop', service: 'chat', spanMs: 10_000 })).services).toEqual([]);
});

it('counts an instance for the release that made it, also where a later one gave it traffic', async () => {
  const w = new FakeWorld();
  await w.up(project([web({ replicas: 1 })]));
  await w.up(project([web({ replicas: 1 }), service({ name: 'more', image: 'app:1', port: 3000 })]));
  await w.do({ kind: 'stop', app: 'shop', services: ['web'] });
  await w.do({ kind: 'start', app: 'shop', services: ['web'] });
  const [details] = await w.engine.listContainers({ labels: { 'dev.berth.service': 'web', 'dev.berth.role': 'instance' } });
  expect(w.telemetry.releases.get('shop/shop-web-1')).toBe(Number(details?.labels['dev.berth.release']));
});
