import { describe, expect, it } from 'vitest';
import { FakeWorld, project, service, web } from '../../test/fakes/world.ts';

describe('maintenance', () => {
  const open = async (): Promise<FakeWorld> => {
    const w = new FakeWorld();
    await w.up(project([web({ maintenancePage: 'soon' }), service({ name: 'worker' })]));
    return w;
  };
  const pageOf = (w: FakeWorld): unknown => w.dataPlane.config.listeners[0]?.rules[0]?.rules?.maintenance;

  it('is on for what is reached from outside, with the page of the file or another one, until it is off', async () => {
    const w = await open();
    expect(await w.runner.maintenance('shop', { services: [], on: true })).toEqual(['web']);
    expect(pageOf(w)).toEqual({ page: 'soon' });
    expect(await w.runner.maintenance('shop', { services: ['web'], on: true, page: 'later' })).toEqual(['web']);
    expect(pageOf(w)).toEqual({ page: 'later' });
    expect((await w.runner.status('shop')).services.map((s) => [s.name, s.maintenance])).toEqual(
      expect.arrayContaining([
        ['web', true],
        ['worker', undefined],
      ]),
    );
    expect(await w.up(project([web({ environment: { V: '2' } })]))).toMatchObject({ state: 'done' });
    expect(pageOf(w)).toEqual({ page: 'later' });
    expect(await w.runner.maintenance('shop', { services: [], on: false })).toEqual([]);
    expect(w.dataPlane.config.listeners[0]?.rules).toEqual([]);
  });

  it('is of no use for what nobody outside reaches', async () => {
    const w = await open();
    for (const services of [['worker'], ['nobody']]) {
      await expect(w.runner.maintenance('shop', { services, on: true })).rejects.toMatchObject({ code: 'USAGE', hint: 'These are: web.' });
    }
    await expect(w.runner.maintenance('none', { services: [], on: true })).rejects.toMatchObject({ code: 'APP_NOT_FOUND' });
  });

  it('is forgotten with the service', async () => {
    const w = await open();
    await w.runner.maintenance('shop', { services: [], on: true });
    await w.up(
      project([service({ name: 'other', port: 3000, protocol: 'http', ports: [{ target: 3000, published: 81, protocol: 'tcp' }] })]),
    );
    expect(w.store.getEdge('shop')?.maintenance).toBeUndefined();
  });
});
