import { describe, expect, it } from 'vitest';
import { answering, FakeWorld, project, service, web } from '../../test/fakes/world.ts';

/** The steps about one instance, in their order. */
const about = (steps: readonly string[], instance: string): string[] =>
  steps.filter((s) => s.endsWith(` ${instance}`)).map((s) => s.slice(0, -instance.length - 1));

const comes = ['done instance.create', 'done instance.start', 'done instance.probe', 'done edge.add', 'done front.add'];
const goes = ['done edge.drain', 'done front.drain', 'done instance.stop', 'done instance.remove'];

describe('up', () => {
  it('brings a first release up and puts every instance on the edge', async () => {
    const w = new FakeWorld();
    const end = await w.up(project([web()]));
    expect(end).toMatchObject({ state: 'done', exitCode: 0, release: 1, serving: 1, unchanged: false });
    expect(w.instances()).toEqual(['shop-web-1 r1 running', 'shop-web-2 r1 running', 'shop-web-3 r1 running']);
    expect(w.serving()).toEqual(['shop-web-1', 'shop-web-2', 'shop-web-3']);
    expect(end.urls).toEqual(['http://localhost:8080']);
  });

  it('does nothing when nothing changed', async () => {
    const w = new FakeWorld();
    await w.up(project([web()]));
    const end = await w.up(project([web()]));
    expect(end).toMatchObject({ state: 'done', unchanged: true, release: 1 });
    expect(w.steps(end.id)).toEqual([]);
  });

  it('rolls one instance at a time, starting the new one first', async () => {
    const w = new FakeWorld();
    await w.up(project([web()]));
    const end = await w.up(project([web({ environment: { V: '2' } })]));
    expect(end).toMatchObject({ state: 'done', release: 2, serving: 2 });
    const steps = w.steps(end.id);
    for (const n of [4, 5, 6]) expect(about(steps, `shop-web-${n}`)).toEqual(comes);
    for (const n of [1, 2, 3]) expect(about(steps, `shop-web-${n}`)).toEqual(goes);
    const order = steps.filter((s) => s.includes('edge.'));
    expect(order).toEqual([4, 5, 6].flatMap((n) => [`done edge.add shop-web-${n}`, `done edge.drain shop-web-${n - 3}`]));
    expect(steps.slice(-2)).toEqual(['done watch', 'done release.promote']);
  });

  it('keeps serving when the new release never gets healthy, and keeps the failed instance to be looked at', async () => {
    const w = new FakeWorld();
    await w.up(project([web()]));
    w.engine.addImage('app:2', { behaviour: { listens: [{ port: 3000 }], status: 500, logs: [{ text: 'no database' }] } });
    const end = await w.up(project([web({ image: 'app:2' })]));
    expect(end).toMatchObject({ state: 'reverted', exitCode: 1, serving: 1, release: 2 });
    expect(end.error?.code).toBe('GATE_FAILED');
    expect(w.serving()).toEqual(['shop-web-1', 'shop-web-2', 'shop-web-3']);
    expect(w.instances()).toContain('shop-web-4 r2 exited');
    const failed = w.store.listEvents({ rollout: end.id }).find((r) => r.event.type === 'step.failed');
    expect(failed?.event).toMatchObject({ evidence: { instance: 'shop-web-4', logs: ['no database'], listening: ['0.0.0.0:3000'] } });
    const again = await w.up(project([web({ environment: { V: '3' } })]));
    expect(again.state).toBe('done');
    expect(w.instances().some((i) => i.includes('shop-web-4 r2'))).toBe(false);
  });

  it('says that nothing was serving when a first release fails, and leaves only the kept instance', async () => {
    const w = new FakeWorld();
    w.engine.addImage('app:2', { behaviour: { exit: { afterMs: 10, code: 1 } } });
    const end = await w.up(project([web({ image: 'app:2' })]));
    expect(end).toMatchObject({ state: 'reverted', exitCode: 1 });
    expect(end.serving).toBeUndefined();
    expect(w.serving()).toEqual([]);
    expect(w.instances()).toEqual(['shop-web-1 r1 exited']);
  });

  it('stops first where a volume can have one writer, and starts the old instance again when the new one fails', async () => {
    const w = new FakeWorld();
    const volumes = [{ key: 'data', name: 'shop_data', external: false, driverOpts: {}, labels: {} }];
    const db = (image: string) =>
      project([service({ name: 'db', image, port: 3000, mounts: [{ type: 'volume', source: 'data', target: '/data' }] })], { volumes });
    await w.up(db('app:1'));
    w.engine.addImage('app:2', { behaviour: { exit: { afterMs: 10, code: 1 } } });
    const end = await w.up(db('app:2'));
    expect(end).toMatchObject({ state: 'reverted', exitCode: 1, serving: 1 });
    expect(w.instances()).toEqual(['shop-db-1 r1 running', 'shop-db-2 r2 exited']);
    expect(w.steps(end.id).slice(0, 3)).toEqual([
      'done instance.stop shop-db-1',
      'done instance.create shop-db-2',
      'done instance.start shop-db-2',
    ]);
  });

  it('goes back when the new release crashes while it is watched', async () => {
    const w = new FakeWorld();
    await w.up(project([web()]));
    w.engine.addImage('app:2', { behaviour: { ...answering.behaviour, exit: { afterMs: 9000, code: 137, oom: true } } });
    const end = await w.up(project([web({ image: 'app:2', rollout: { drainMs: 100, watchMs: 15_000 } })]));
    expect(end).toMatchObject({ state: 'reverted', exitCode: 1, serving: 1 });
    expect(end.error?.code).toBe('WATCH_FAILED');
    // The engine has started it again by now, and forgotten how it had ended.
    expect(end.error?.details?.['evidence']).toMatchObject({ exit: '137: killed (SIGKILL), out of memory' });
    expect(w.serving()).toHaveLength(3);
    const r1 = w.instances().filter((i) => i.includes(' r1 running'));
    expect(r1).toHaveLength(3);
  });

  it('goes back when HAProxy cannot reach what the probes reach', async () => {
    const w = new FakeWorld();
    await w.up(project([web()]));
    const next = project([web({ environment: { V: '2' }, rollout: { drainMs: 100, watchMs: 1000 } })]);
    // Called up until enough checks have failed, and in a short watch they have not.
    w.dataPlane.onChange = () => w.dataPlane.count('shop.web.8080', 'shop-web-5', { checked: false, lastCheck: 'L4TOUT' });
    const end = await w.up(next);
    expect(end).toMatchObject({ state: 'reverted', serving: 1, error: { code: 'WATCH_FAILED' } });
    expect(end.error?.message).toContain("HAProxy's own check of it fails (L4TOUT, backend shop.web.8080)");
    expect(w.serving()).toEqual(['shop-web-1', 'shop-web-2', 'shop-web-3']);
  });
});
