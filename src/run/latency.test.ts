import { expect, it } from 'vitest';
import { answering, FakeWorld, project, web } from '../../test/fakes/world.ts';
import type { RequestCounts } from '../ports/index.ts';

const counts = (p95Ms: number, requests = 500): RequestCounts => ({
  requests,
  responses4xx: 0,
  responses5xx: 0,
  p50Ms: 1,
  p95Ms,
  p99Ms: p95Ms,
  bytesIn: 0,
  bytesOut: 0,
  retries: 0,
});

/** A release of `web` is replaced under traffic; of the first and of the second, the access log says this, and the edge that all is well. */
async function replaced(first: RequestCounts, second: RequestCounts) {
  const w = new FakeWorld();
  w.engine.addImage('app:2', answering);
  w.dataPlane.onChange = ({ backends }) => {
    for (const { name, servers } of backends)
      for (const server of servers) w.dataPlane.count(name, server.name, { requests: 200, responseMs: 5 });
  };
  const rollout = { drainMs: 100, watchMs: 5000 };
  await w.up(project([web({ replicas: 1, rollout })]));
  const releases = [
    { release: 1, ...first },
    { release: 2, ...second },
  ];
  w.telemetry.counts = { fromMs: 0, toMs: 1, services: [{ name: 'web', total: first, releases, instances: [], routes: [] }], gaps: [] };
  return w.up(project([web({ image: 'app:2', replicas: 1, rollout })]));
}

it('goes back when the slowest answers of the new release are much slower, whatever the mean is', async () => {
  const end = await replaced(counts(50), counts(201));
  expect(end).toMatchObject({ state: 'reverted', exitCode: 1, serving: 1 });
  expect(end.error?.message).toContain('answers took 201 ms at the 95th percentile, 200 ms are allowed');
});

it.each([
  ['are as slow as they may be', counts(50), counts(200)],
  ['of the new release are too few to tell', counts(50), counts(5000, 99)],
  ['of the old release are too few to tell', counts(50, 99), counts(5000)],
])('stays when the slowest answers %s', async (_what, first, second) => {
  expect(await replaced(first, second)).toMatchObject({ state: 'done', exitCode: 0, serving: 2 });
});
