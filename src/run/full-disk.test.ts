import { describe, expect, it } from 'vitest';
import { FakeHost, FakeProber } from '../../test/fakes/host.ts';
import { FakeWorld, project, web } from '../../test/fakes/world.ts';
import { BerthError } from '../errors/index.ts';
import { createRunner, type Runner } from './index.ts';

const reads = /^(get|list|installation$)/;

/** A runner whose store finds the disk full from the n-th write on, for so many writes. */
function runnerOnFullDisk(w: FakeWorld, full: { fromWrite: number; writes: number }): Runner {
  let count = 0;
  const store = new Proxy(w.store, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || reads.test(String(name))) return value;
      return (...args: unknown[]): unknown => {
        count++;
        if (count >= full.fromWrite && count < full.fromWrite + full.writes) throw new BerthError('JOURNAL_FULL', 'The disk is full.');
        return Reflect.apply(value, target, args);
      };
    },
  });
  const target = { socket: '/fake.sock', engine: w.engine, dataPlane: w.dataPlane, fronts: w.fronts, builder: w.builder };
  const { clock, ids } = w;
  return createRunner({
    store,
    clock,
    ids,
    host: new FakeHost(w.engine, clock),
    prober: new FakeProber(w.engine, clock),
    connect: () => target,
    certificates: w.certificates,
    telemetry: w.telemetry,
    sealer: w.sealer,
    secretProvider: w.secretProvider,
    redactor: w.redactor,
    onTrouble: () => undefined,
  });
}

describe('a full disk', () => {
  it('in the middle of an update ends in the old or the new release once there is room again, and serves all the while', async () => {
    for (let fromWrite = 8; fromWrite < 70; fromWrite += 3) {
      const w = new FakeWorld();
      await w.up(project([web()]));
      let fewest = Infinity;
      w.dataPlane.onChange = () => {
        fewest = Math.min(fewest, w.serving().length);
      };
      w.runner = runnerOnFullDisk(w, { fromWrite, writes: 2 });
      const next = project([web({ environment: { V: '2' } })]);
      const end = await w.clock.run(
        w.start(w.upRequest(next)).then(
          (r) => w.ended(r.id),
          (error: BerthError) => error,
        ),
      );
      if (!(end instanceof BerthError)) expect([0, 1, 3], `write ${fromWrite}`).toContain(end.exitCode);
      w.runner = w.makeRunner(w.store);
      await w.clock.run(w.runner.resume());
      const again = await w.up(next);
      expect(again.exitCode, `write ${fromWrite}: ${JSON.stringify(again.error)}`).toBe(0);
      expect(w.instances().filter((i) => i.endsWith(' running'))).toHaveLength(3);
      expect(w.serving()).toHaveLength(3);
      expect(fewest).toBeGreaterThanOrEqual(3);
    }
  }, 30_000);

  it('that stays full ends with exit 3 for whoever follows, and the next `up` of the same server picks the rollout up', async () => {
    const w = new FakeWorld();
    await w.up(project([web()]));
    w.runner = runnerOnFullDisk(w, { fromWrite: 25, writes: 12 });
    const next = project([web({ environment: { V: '2' } })]);
    const end = await w.clock.run(w.start(w.upRequest(next)).then((r) => w.ended(r.id)));
    expect(end).toMatchObject({ exitCode: 3, state: 'failed' });
    expect(w.serving().length).toBeGreaterThanOrEqual(3);
    const attempt = () => w.up(next).catch((error: BerthError) => error);
    let again = await attempt();
    while (again instanceof BerthError && again.code === 'JOURNAL_FULL') again = await attempt();
    expect(again).toMatchObject({ exitCode: 0 });
    expect(w.store.listActiveRollouts()).toEqual([]);
    expect(w.instances().filter((i) => i.endsWith(' running'))).toHaveLength(3);
  });
});
