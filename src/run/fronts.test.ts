import { describe, expect, it } from 'vitest';
import { FakeWorld, project, service } from '../../test/fakes/world.ts';

const api = (rest: Record<string, unknown> = {}) => service({ name: 'api', replicas: 2, port: 3000, ...rest });
const probe = { check: { kind: 'http', path: '/healthz' }, withinMs: 20_000 };

/** Listeners of the front of `api`, each with the instances behind it. */
function carried(w: FakeWorld): string[] {
  const { listeners = [], backends = [] } = w.fronts.front('shop', 'api')?.config ?? {};
  return listeners.map((l) => {
    const servers = backends.find((b) => b.name === l.fallback)?.servers ?? [];
    return `${l.port} ${l.mode}: ${servers
      .map((s) => s.name)
      .toSorted()
      .join(', ')}`;
  });
}

const addressOf = (w: FakeWorld): string | undefined => w.store.getFront('shop', 'api')?.networks[0]?.address;

describe('the front of a service', () => {
  it('carries the ports that instances were found to listen on, HTTP where probing saw it', async () => {
    const w = new FakeWorld();
    const listens = [{ port: 3000 }, { port: 7000 }, { address: '127.0.0.1', port: 9229 }, { port: 45_000 }];
    w.engine.addImage('app:1', { behaviour: { listens, readyAfterMs: 100 } });
    expect((await w.up(project([api({ probe })]))).exitCode).toBe(0);
    expect(carried(w)).toEqual(['3000 http: shop-api-1, shop-api-2', '7000 tcp: shop-api-1, shop-api-2']);
    w.engine.addImage('app:2', { behaviour: { listens: [{ port: 3000 }, { port: 8000 }], readyAfterMs: 100 } });
    await w.up(project([api({ probe, image: 'app:2' })]));
    expect(carried(w)).toEqual(['3000 http: shop-api-3, shop-api-4', '8000 tcp: shop-api-3, shop-api-4']);
  });

  it('goes when the service is stopped, and comes back at its address', async () => {
    const w = new FakeWorld();
    await w.up(project([api()]));
    const address = addressOf(w);
    expect(address).toMatch(/^10\.200\.\d+\.\d+$/);
    await w.do({ kind: 'stop', app: 'shop', services: ['api'] });
    expect(w.fronts.front('shop', 'api')?.container()).toBeUndefined();
    expect((await w.clock.run(w.runner.status('shop'))).services[0]?.internal).toMatchObject({ kind: 'front', addresses: [] });
    await w.do({ kind: 'start', app: 'shop', services: ['api'] });
    expect(addressOf(w)).toBe(address);
    expect((await w.clock.run(w.runner.status('shop'))).services[0]?.internal).toMatchObject({ state: 'running', addresses: [address] });
  });

  it('is made again by `up` and by a new server when somebody removed it', async () => {
    const w = new FakeWorld();
    await w.up(project([api()]));
    const front = w.fronts.front('shop', 'api');
    await w.clock.run(front?.remove() ?? Promise.resolve());
    expect(await w.up(project([api()]))).toMatchObject({ exitCode: 0, unchanged: true });
    expect(front?.container()?.state).toBe('running');
    await w.clock.run(front?.remove() ?? Promise.resolve());
    w.runner = w.makeRunner(w.store);
    await w.clock.run(w.runner.resume());
    await w.clock.advance(1000);
    expect(front?.container()?.state).toBe('running');
    expect(carried(w)).toEqual(['3000 http: shop-api-1, shop-api-2']);
  });

  it('takes the name over while old instances are called by their own addresses, and waits for their callers', async () => {
    const w = new FakeWorld();
    await w.up(project([api({ internal: 'dns' })]));
    w.host.calling = [{ address: '10.200.0.99', port: 40_000 }];
    w.clock.after(8000, () => {
      w.host.calling = [];
    });
    const end = await w.up(project([api({ internal: 'front', rollout: { drainMs: 60_000, watchMs: 0 } })]));
    expect(end).toMatchObject({ exitCode: 0, closedConnections: 0 });
    expect(end.tookMs).toBeGreaterThan(8000);
    const steps = w.steps(end.id);
    expect(steps.indexOf('done instance.quiet shop-api-1')).toBeLessThan(steps.indexOf('done instance.stop shop-api-1'));
    expect(steps.indexOf('done front.open api')).toBeLessThan(steps.indexOf('done front.drain shop-api-1'));
  });

  it('lets no old instance be called by the name while it stops', async () => {
    const w = new FakeWorld();
    await w.up(project([api({ internal: 'dns' })]));
    const names: string[][] = [];
    const stop = w.engine.stopContainer.bind(w.engine);
    w.engine.stopContainer = async (container, options, signal) => {
      const details = await w.engine.inspectContainer(container);
      names.push(Object.values(details?.networks ?? {}).flatMap((n) => n.aliases));
      await stop(container, options, signal);
    };
    expect(await w.up(project([api({ internal: 'front' })]))).toMatchObject({ exitCode: 0 });
    expect(names).toEqual([[], []]);
  });

  it('leaves old instances their name when it is not to be after all', async () => {
    const w = new FakeWorld();
    await w.up(project([api({ internal: 'dns' })]));
    w.engine.inject({ method: 'stopContainer', on: 1, effect: 'fail', code: 'ENGINE_REFUSED' });
    const end = await w.up(project([api({ internal: 'front' })]));
    expect(end).toMatchObject({ state: 'reverted', exitCode: 1, serving: 1 });
    expect(w.steps(end.id)).toContain('done instance.name shop-api-1');
    expect(carried(w)).toEqual([]);
    const named = await Promise.all(['shop-api-1', 'shop-api-2'].map((name) => w.clock.run(w.engine.inspectContainer(name))));
    expect(named.map((c) => c?.networks['shop_default']?.aliases)).toEqual([['api'], ['api']]);
    expect(named.map((c) => c?.networks['shop_default']?.address)).not.toContain('');
  });

  it('comes with the second writer of a service and goes with it', async () => {
    const w = new FakeWorld();
    const volumes = [{ key: 'data', name: 'shop_data', external: false, driverOpts: {}, labels: {} }];
    const db = service({ name: 'api', port: 3000, mounts: [{ type: 'volume', source: 'data', target: '/data' }] });
    await w.up(project([db], { volumes }));
    expect(carried(w)).toEqual([]);
    await w.do({ kind: 'scale', app: 'shop', replicas: { api: 2 } });
    expect(carried(w)).toEqual(['3000 http: shop-api-2, shop-api-3']);
    await w.do({ kind: 'scale', app: 'shop', replicas: { api: 1 } });
    expect(w.store.listFronts()).toEqual([]);
    expect(w.fronts.front('shop', 'api')?.container()).toBeUndefined();
  });

  it('stays when berth is uninstalled, and goes with --purge and with the app', async () => {
    const w = new FakeWorld();
    await w.up(project([api()]));
    const isThere = (): boolean => w.fronts.front('shop', 'api')?.container() !== undefined;
    await w.clock.run(w.runner.uninstall({ purge: false, volumes: false }));
    expect(isThere()).toBe(true);
    const { removed } = await w.clock.run(w.runner.uninstall({ purge: true, volumes: false }));
    expect(removed).toContain('front shop api');
    expect(isThere()).toBe(false);
    await w.up(project([api()]));
    await w.do({ kind: 'down', app: 'shop', volumes: false });
    expect(isThere()).toBe(false);
    expect(w.store.listFronts()).toEqual([]);
  });

  it('leaves nothing behind when the first release fails', async () => {
    const w = new FakeWorld();
    w.engine.addImage('app:1', { behaviour: { listens: [{ port: 3000 }], status: 500 } });
    expect((await w.up(project([api({ probe: { ...probe, withinMs: 2000 } })]))).exitCode).toBe(1);
    expect(w.store.listFronts()).toEqual([]);
    expect(w.fronts.front('shop', 'api')?.container()).toBeUndefined();
  });
});
