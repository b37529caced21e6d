import { expect, it } from 'vitest';
import { FakeWorld, project, web } from '../../test/fakes/world.ts';
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
