import { expect, it } from 'vitest';
import { BerthError } from '../errors/index.ts';
import { FakeWorld, project, web } from '../../test/fakes/world.ts';

async function serving(): Promise<FakeWorld> {
  const w = new FakeWorld();
  const rollout = { ...web().rollout, longDrainMs: 90_000 };
  expect(await w.up(project([web({ rollout, internal: 'dns' })]))).toMatchObject({ exitCode: 0 });
  return w;
}

it('has nothing to say before the first deploy', async () => {
  const w = new FakeWorld();
  expect(await w.runner.upgrade({ check: true })).toEqual({ proxies: [] });
  expect(await w.runner.upgrade({ check: false })).toEqual({ proxies: [] });
});

it('says which proxies a new image is for, and changes nothing', async () => {
  const w = await serving();
  expect(await w.runner.upgrade({ check: true })).toMatchObject({ proxies: [{ proxy: 'edge', current: true }] });
  w.dataPlane.wantedImage = 'sha256:2';
  const [edge] = (await w.runner.upgrade({ check: true })).proxies;
  expect(edge).toMatchObject({ proxy: 'edge', image: 'sha256:1', wantedImage: 'sha256:2', current: false });
  expect(w.dataPlane.image).toBe('sha256:1');
});

it('replaces the proxies, and gives what they have the longest drain that a service asks for', async () => {
  const w = await serving();
  w.dataPlane.wantedImage = 'sha256:2';
  w.dataPlane.finishing.push('a WebSocket');
  const startMs = w.clock.now();
  const { proxies } = await w.clock.run(w.runner.upgrade({ check: false }));
  expect(proxies).toMatchObject([{ proxy: 'edge', image: 'sha256:2', current: true, closed: 1 }]);
  expect(w.clock.now() - startMs).toBe(90_000);
  expect(w.serving()).toHaveLength(3);
  expect(await w.clock.run(w.runner.upgrade({ check: false }))).toMatchObject({ proxies: [{ image: 'sha256:2', closed: 0 }] });
});

it('makes the image anew, and goes on with the one that is there where that cannot be', async () => {
  const w = await serving();
  w.dataPlane.newestImage = 'sha256:2';
  w.dataPlane.refuseRenewal = new BerthError('BASE_FAILED', 'No mirror answers.');
  expect(await w.clock.run(w.runner.upgrade({ check: false }))).toMatchObject({
    problem: 'No mirror answers.',
    proxies: [{ image: 'sha256:1' }],
  });
  w.dataPlane.refuseRenewal = undefined;
  expect(await w.clock.run(w.runner.upgrade({ check: false }))).toMatchObject({ proxies: [{ image: 'sha256:2' }] });
});

it('says why a new one did not start, upgrades the others, and rollouts go on', async () => {
  const w = new FakeWorld();
  expect(await w.up(project([web({ internal: 'front' })]))).toMatchObject({ exitCode: 0 });
  const front = w.fronts.front('shop', 'web');
  if (front === undefined) throw new Error('the service has a front');
  w.dataPlane.wantedImage = 'sha256:2';
  front.wantedImage = 'sha256:2';
  w.dataPlane.refusal = 'It says: no licence';
  const { proxies } = await w.clock.run(w.runner.upgrade({ check: false }));
  expect(proxies).toMatchObject([
    { proxy: 'edge', image: 'sha256:1', current: false, refused: 'It says: no licence' },
    { proxy: 'front', image: 'sha256:2' },
  ]);
  expect(await w.do({ kind: 'restart', app: 'shop', services: ['web'] })).toMatchObject({ exitCode: 0 });
});

it('replaces the fronts too', async () => {
  const w = new FakeWorld();
  expect(await w.up(project([web({ internal: 'front' })]))).toMatchObject({ exitCode: 0 });
  const front = w.fronts.front('shop', 'web');
  if (front === undefined) throw new Error('the service has a front');
  front.wantedImage = 'sha256:2';
  const { proxies } = await w.clock.run(w.runner.upgrade({ check: false }));
  expect(proxies).toMatchObject([
    { proxy: 'edge', image: 'sha256:1' },
    { proxy: 'front', app: 'shop', service: 'web', image: 'sha256:2' },
  ]);
  expect(front.image).toBe('sha256:2');
});

it('says which proxies have another configuration than is wanted, and makes it that', async () => {
  const w = await serving();
  const edge = w.store.getEdge('shop');
  if (edge === undefined) throw new Error('the app has an edge');
  expect((await w.runner.upgrade({ check: true })).proxies).toMatchObject([{ current: true, configured: true }]);
  w.store.putEdge({ ...edge, listeners: edge.listeners.map((l) => ({ ...l, port: l.port + 1 })) });
  const before = w.dataPlane.config;
  expect((await w.runner.upgrade({ check: true })).proxies).toMatchObject([{ current: true, configured: false }]);
  expect(w.dataPlane.config).toBe(before);
  expect((await w.clock.run(w.runner.upgrade({ check: false }))).proxies).toMatchObject([{ current: true, configured: true }]);
});
