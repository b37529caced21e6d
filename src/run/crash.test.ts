import { describe, expect, it } from 'vitest';
import { mortalRunner, Mortality } from '../../test/fakes/mortal.ts';
import { answering, FakeWorld, project, service, web, type Ended } from '../../test/fakes/world.ts';
import type { RolloutRequest } from '../contract/index.ts';
import type { Project } from '../model/index.ts';

/** Starts a request on a runner that dies at a write; then a new server resumes. Answers undefined when it outlived the rollout. */
async function killedAt(w: FakeWorld, request: RolloutRequest, atWrite: number): Promise<{ died: boolean; ended: Ended | undefined }> {
  const before = w.store.listRollouts('shop', 1)[0]?.id;
  const life = new Mortality();
  const runner = mortalRunner(w, life);
  life.dieAtWrite(atWrite);
  const outcome = runner.start({ socket: '/fake.sock', request, requestId: `killed-${atWrite}` }).then(
    () => undefined,
    () => undefined,
  );
  await w.clock.advance(300_000);
  if (life.dead) {
    w.runner = w.makeRunner(w.store);
    await w.clock.run(w.runner.resume());
  } else {
    await outcome;
  }
  const [last] = w.store.listRollouts('shop', 1);
  if (last === undefined || last.id === before) return { died: life.dead, ended: undefined };
  return { died: life.dead, ended: await w.clock.run(w.ended(last.id)) };
}

/** Everything accounted for: the right instances run and serve, nothing else is left but what is kept. */
function accounts(w: FakeWorld, wanted: Project): void {
  const release = w.store.getApp('shop')?.currentRelease;
  const running = w.instances().filter((i) => i.endsWith(' running'));
  const count = wanted.services.reduce((sum, s) => sum + s.replicas, 0);
  expect(running).toHaveLength(count);
  expect(new Set(w.instances().map((i) => i.split(' ')[2]))).toEqual(new Set(['running']));
  const behind = wanted.services.filter((s) => s.ports.length > 0).reduce((sum, s) => sum + s.replicas, 0);
  expect(w.serving()).toHaveLength(behind);
  for (const s of wanted.services) accountsForName(w, s.name);
  expect(w.store.listActiveRollouts()).toEqual([]);
  const tags = w.engine.images
    .list()
    .flatMap((i) => [...i.tags])
    .filter((tag) => tag.startsWith('berth/shop-'));
  const known = w.store.listReleases('shop').flatMap((r) => Object.values(r.images).map((i) => i.tag));
  expect(tags.filter((tag) => !known.includes(tag))).toEqual([]);
  expect(
    w.store
      .listReleases('shop')
      .filter((r) => r.state === 'current')
      .map((r) => r.number),
  ).toEqual([release]);
}

/** Other services find either the front, with every instance behind it, or the instances, and no front. */
function accountsForName(w: FakeWorld, service: string): void {
  const front = w.fronts.front('shop', service);
  const running = [...w.engine.machine.containers.values()].filter((c) => c.state === 'running' && c.name.includes(`shop-${service}-`));
  const instances = running.filter((c) => c.body.Labels['dev.berth.role'] === 'instance').map((c) => c.name);
  const named = [...w.engine.machine.containers.values()].filter((c) => [...c.endpoints.values()].some((e) => e.aliases.includes(service)));
  const isFronted = w.store.getFront('shop', service) !== undefined;
  expect(named.map((c) => c.name)).toEqual(isFronted ? [front?.container()?.name] : instances);
  if (isFronted) expect(behindFront(w, service)).toEqual(instances.toSorted());
  expect(front?.lost ?? 0).toBe(0);
}

function behindFront(w: FakeWorld, service: string): string[] {
  const servers = w.fronts.front('shop', service)?.config.backends.flatMap((b) => b.servers) ?? [];
  return [...new Set(servers.filter((s) => s.state === 'ready').map((s) => s.name))].toSorted();
}

describe('kill -9 of the server', () => {
  it('at every write of an update ends in the new release, never with fewer ready instances than wanted', async () => {
    let died = true;
    for (let atWrite = 1; died; atWrite++) {
      const w = new FakeWorld();
      await w.up(project([web()]));
      let fewest = Infinity;
      w.dataPlane.onChange = () => {
        fewest = Math.min(fewest, w.serving().length);
      };
      w.fronts.onChange = () => {
        fewest = Math.min(fewest, behindFront(w, 'web').length);
      };
      const next = project([web({ environment: { V: '2' } })]);
      const result = await killedAt(w, w.upRequest(next), atWrite);
      died = result.died;
      if (result.ended === undefined) await w.up(next);
      expect(result.ended?.exitCode ?? 0, `write ${atWrite}`).toBe(0);
      const retry = await w.up(next);
      expect(retry, `write ${atWrite}`).toMatchObject({ exitCode: 0, state: 'done' });
      accounts(w, next);
      expect(fewest, `write ${atWrite}`).toBeGreaterThanOrEqual(3);
      expect(w.dataPlane.lost).toBe(0);
    }
  }, 60_000);

  it('at every write of a broken update ends in the old release', async () => {
    let died = true;
    for (let atWrite = 1; died; atWrite++) {
      const w = new FakeWorld();
      await w.up(project([web()]));
      w.engine.addImage('app:2', { behaviour: { listens: [{ port: 3000 }], status: 500 } });
      const broken = project([web({ image: 'app:2' })]);
      const result = await killedAt(w, w.upRequest(broken), atWrite);
      died = result.died;
      if (result.ended !== undefined) expect(result.ended.exitCode, `write ${atWrite}`).toBe(1);
      const running = w.instances().filter((i) => i.endsWith(' r1 running'));
      expect(running, `write ${atWrite}`).toHaveLength(3);
      expect(w.serving(), `write ${atWrite}`).toHaveLength(3);
      const after = await w.up(project([web({ environment: { V: '3' } })]));
      expect(after.exitCode, `write ${atWrite}`).toBe(0);
      accounts(w, project([web()]));
    }
  }, 60_000);

  it.each([
    ['dns', 'front'],
    ['front', 'dns'],
  ])(
    'at every write of a change from %s to %s ends with the name where the file has it',
    async (from, to) => {
      let died = true;
      for (let atWrite = 1; died; atWrite++) {
        const w = new FakeWorld();
        await w.up(project([web({ internal: from })]));
        const next = project([web({ internal: to })]);
        const result = await killedAt(w, w.upRequest(next), atWrite);
        died = result.died;
        if (result.ended === undefined) await w.up(next);
        expect((await w.up(next)).exitCode, `write ${atWrite}`).toBe(0);
        accounts(w, next);
        expect(w.store.getFront('shop', 'web') !== undefined, `write ${atWrite}`).toBe(to === 'front');
      }
    },
    60_000,
  );

  it('never runs a release command twice', async () => {
    let died = true;
    for (let atWrite = 1; died; atWrite++) {
      const w = new FakeWorld();
      let runs = 0;
      w.engine.addImage('app:1', {
        behaviour: ({ body }) => {
          if (body.Labels['dev.berth.role'] !== 'release') return answering.behaviour;
          runs++;
          return { exit: { afterMs: 2000, code: 0 } };
        },
      });
      const first = project([web({ release: ['npm', 'run', 'migrate'] })]);
      const result = await killedAt(w, w.upRequest(first), atWrite);
      died = result.died;
      if (result.ended === undefined) await w.up(first);
      expect(runs, `write ${atWrite}`).toBe(1);
      expect(w.serving()).toHaveLength(3);
    }
  }, 60_000);

  it('at every write of a stop-first update with a dependent keeps one writer at a time', async () => {
    const volumes = [{ key: 'data', name: 'shop_data', external: false, driverOpts: {}, labels: {} }];
    const both = (v: string) =>
      project(
        [
          service({ name: 'db', port: 3000, environment: { V: v }, mounts: [{ type: 'volume', source: 'data', target: '/data' }] }),
          web({ environment: { V: v }, dependsOn: [{ service: 'db', condition: 'service_healthy' }] }),
        ],
        { volumes },
      );
    let died = true;
    for (let atWrite = 1; died; atWrite++) {
      const w = new FakeWorld();
      await w.up(both('1'));
      const result = await killedAt(w, w.upRequest(both('2')), atWrite);
      died = result.died;
      if (result.ended === undefined) await w.up(both('2'));
      expect(
        w.instances().filter((i) => i.includes('-db-') && i.endsWith('running')),
        `write ${atWrite}`,
      ).toHaveLength(1);
      expect((await w.up(both('2'))).exitCode).toBe(0);
      accounts(w, both('2'));
    }
  }, 60_000);
});
