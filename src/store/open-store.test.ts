import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Action, AppEdge, Release, Step } from '../model/index.ts';
import type { Store } from '../ports/index.ts';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BerthError } from '../errors/index.ts';
import { openStore } from './index.ts';

let nextId = 0;
let nowMs = 1000;
const world = {
  clock: { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() },
  ids: { next: () => `id${(nextId += 1)}` },
};
const action: Action = { kind: 'image.pull', service: 'web', reference: 'nginx' };
const step: Step = { id: 's1', action, reason: 'it is not here', needs: [] };
const app = { name: 'shop', directory: '/srv/shop', createdAtMs: 1, replicas: { web: 3 }, stoppedServices: ['worker'] };
const edge: AppEdge = { app: 'shop', listeners: [], backends: [] };

function release(number: number): Release {
  return {
    app: 'shop',
    number,
    createdAtMs: 5,
    state: 'pending',
    origin: { kind: 'up' },
    project: { name: 'shop', directory: '/srv/shop', services: [], networks: [], volumes: [], places: {} },
    images: {},
    pins: {},
    rolloutId: 'r1',
  };
}

function newRollout(id: string, input: unknown = { kind: 'up' }) {
  return { id, requestId: `req-${id}`, app: 'shop', kind: 'up' as const, createdAtMs: 7, input };
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'berth-store-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe.each(['memory', 'file'])('store in %s', (kind) => {
  let store: Store;
  beforeEach(() => {
    store = openStore({ path: kind === 'memory' ? ':memory:' : join(directory, 'berth.db'), ...world });
  });
  afterEach(() => {
    store.close();
  });

  it('keeps apps as they were put', () => {
    expect(store.getApp('shop')).toBeUndefined();
    store.putApp(app);
    expect(store.getApp('shop')).toEqual({ ...app, currentRelease: undefined });
    store.putApp({ ...app, currentRelease: 2, replicas: {} });
    expect(store.listApps()).toEqual([{ ...app, currentRelease: 2, replicas: {} }]);
  });

  it('never gives a release number twice, also not after the app is gone', () => {
    expect([store.nextRelease('shop'), store.nextRelease('shop'), store.nextRelease('other')]).toEqual([1, 2, 1]);
    store.putApp(app);
    store.putRelease(release(2));
    store.deleteApp('shop');
    expect(store.listReleases('shop')).toEqual([]);
    expect(store.nextRelease('shop')).toBe(3);
  });

  it('lists releases newest first and replaces one in place', () => {
    store.putRelease(release(1));
    store.putRelease(release(2));
    store.putRelease({ ...release(1), state: 'superseded' });
    expect(store.listReleases('shop').map((r) => [r.number, r.state])).toEqual([
      [2, 'pending'],
      [1, 'superseded'],
    ]);
    store.deleteRelease('shop', 1);
    expect(store.getRelease('shop', 1)).toBeUndefined();
    expect(store.getRelease('shop', 2)).toEqual(release(2));
  });

  it('answers the same rollout to the same request', () => {
    const first = store.createRollout(newRollout('r1'));
    const again = store.createRollout({ ...newRollout('r2'), requestId: 'req-r1' });
    expect(first).toMatchObject({ created: true, rollout: { id: 'r1', state: 'running', resumes: 0 } });
    expect(again).toEqual({ created: false, rollout: first.rollout });
  });

  it('forgets what was asked for, with its secrets, when the rollout ends', () => {
    store.createRollout(newRollout('r1', { secret: 'x' }));
    store.createRollout(newRollout('r2', { secret: 'y' }));
    store.updateRollout('r1', { toRelease: 4, resumes: 1 });
    expect(store.getRolloutInput('r1')).toEqual({ secret: 'x' });
    const error = { code: 'GATE_FAILED' as const, message: 'no' };
    store.updateRollout('r1', { state: 'reverted', endedAtMs: 9, error });
    expect(store.getRolloutInput('r1')).toBeUndefined();
    expect(store.getRollout('r1')).toMatchObject({ state: 'reverted', toRelease: 4, endedAtMs: 9, resumes: 1, error });
    expect(store.listActiveRollouts().map((r) => r.id)).toEqual(['r2']);
    expect(store.listRollouts('shop', 1).map((r) => r.id)).toEqual(['r2']);
  });

  it('keeps history in bounds', () => {
    for (let n = 0; n < 210; n += 1) {
      store.createRollout(newRollout(`r${n}`));
      store.appendEvent(`r${n}`, 'shop', { type: 'notice', level: 'info', message: 'm' }, n);
      store.updateRollout(`r${n}`, { state: 'done' });
    }
    expect(store.listRollouts('shop', 1000)).toHaveLength(200);
    expect(store.listEvents({ app: 'shop' })[0]).toMatchObject({ rollout: 'r10', seq: 11 });
  });

  it('journals a step before and after it ran', () => {
    const seq = store.journalStart('r1', step, 10);
    expect(store.listJournal('r1')).toEqual([
      { rollout: 'r1', seq, step, state: 'running', startedAtMs: 10, endedAtMs: undefined, result: undefined },
    ]);
    store.journalEnd('r1', seq, 'done', 12, { exitCode: 0 });
    expect(store.listJournal('r1')).toEqual([
      { rollout: 'r1', seq, step, state: 'done', startedAtMs: 10, endedAtMs: 12, result: { exitCode: 0 } },
    ]);
    expect(store.listJournal('r2')).toEqual([]);
  });

  it('numbers events over all rollouts and lists them by place', () => {
    const note = (message: string) => ({ type: 'notice' as const, level: 'info' as const, message });
    const a = store.appendEvent('r1', 'shop', note('a'), 1);
    const b = store.appendEvent('r2', 'blog', note('b'), 2);
    const c = store.appendEvent('r1', 'shop', note('c'), 3);
    expect([a.seq, b.seq, c.seq]).toEqual([1, 2, 3]);
    expect(store.listEvents({})).toEqual([a, b, c]);
    expect(store.listEvents({ rollout: 'r1', afterSeq: 1 })).toEqual([c]);
    expect(store.listEvents({ app: 'blog' })).toEqual([b]);
    expect(store.listEvents({ limit: 2 })).toEqual([a, b]);
    expect(store.listEvents({ last: 2 })).toEqual([b, c]);
  });

  it('gives a lease to one rollout, and that of a silent owner to the next', () => {
    const take = (owner: string, rollout: string, atMs: number) => store.takeLease({ app: 'shop', owner, rollout, atMs, staleMs: 100 });
    expect(take('s1', 'r1', 0)).toEqual({ taken: true });
    expect(take('s1', 'r1', 1)).toEqual({ taken: true });
    expect(take('s1', 'r2', 500)).toEqual({ taken: false, rollout: 'r1' });
    store.beatLease('shop', 's1', 50);
    expect(take('s2', 'r3', 149)).toEqual({ taken: false, rollout: 'r1' });
    expect(take('s2', 'r3', 150)).toEqual({ taken: true });
    store.releaseLease('shop', 's1');
    expect(take('s1', 'r2', 151)).toEqual({ taken: false, rollout: 'r3' });
    store.releaseLease('shop', 's2');
    expect(take('s1', 'r2', 152)).toEqual({ taken: true });
  });

  it('lets an address rest before another instance gets it', () => {
    const take = (instance: string, atMs: number) =>
      store.takeAddress({
        network: 'shop_default',
        instance,
        app: 'shop',
        candidates: ['10.0.0.2', '10.0.0.3', '10.0.0.4'],
        atMs,
        restMs: 100,
      });
    expect(take('web-1', 0)).toBe('10.0.0.2');
    expect(take('web-1', 0)).toBe('10.0.0.2');
    expect(take('web-2', 0)).toBe('10.0.0.3');
    store.freeAddresses('web-1', 10);
    expect(take('web-3', 109)).toBe('10.0.0.4');
    expect(take('web-4', 109)).toBeUndefined();
    expect(take('web-4', 110)).toBe('10.0.0.2');
    nowMs = 2000;
    store.deleteApp('shop');
    expect(take('web-5', 2099)).toBeUndefined();
    expect(take('web-5', 2100)).toBe('10.0.0.2');
  });

  it('gives up an address that the network no longer has', () => {
    const take = (instance: string, subnet: string) =>
      store.takeAddress({ network: 'n', instance, candidates: [`${subnet}.2`, `${subnet}.3`], atMs: 0, restMs: 100 });
    expect([take('web-1', '10.0.0'), take('web-2', '10.0.0')]).toEqual(['10.0.0.2', '10.0.0.3']);
    expect([take('web-2', '10.0.1'), take('web-1', '10.0.1')]).toEqual(['10.0.1.2', '10.0.1.3']);
    expect(take('web-3', '10.0.1')).toBeUndefined();
    expect(take('web-1', '10.0.1')).toBe('10.0.1.3');
  });

  it('keeps edges, pins, subnets and settings', () => {
    store.putEdge(edge);
    store.putPin('shop', 'web', { check: { kind: 'tcp' }, protocol: 'tcp' });
    store.putSubnet('shop_default', '10.0.0.0/24');
    store.putSetting('warned', 'yes');
    expect(store.listEdges()).toEqual([edge]);
    expect(store.getPins('shop')).toEqual({ web: { check: { kind: 'tcp' }, protocol: 'tcp' } });
    expect([store.getSubnet('shop_default'), store.getSetting('warned')]).toEqual(['10.0.0.0/24', 'yes']);
    store.putApp(app);
    store.deleteApp('shop');
    store.deleteSubnet('shop_default');
    expect([store.getEdge('shop'), store.getPins('shop'), store.getSubnet('shop_default')]).toEqual([undefined, {}, undefined]);
  });
});

describe('the file', () => {
  const open = () => openStore({ path: join(directory, 'berth.db'), ...world });
  const codeOf = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      if (error instanceof BerthError) return error;
    }
    throw new Error('expected a BerthError');
  };

  it('keeps its installation and rows, and is its owner’s only', () => {
    const first = open();
    first.putApp(app);
    first.close();
    const second = open();
    expect(second.installation).toBe(first.installation);
    expect(second.getApp('shop')).toMatchObject({ directory: '/srv/shop' });
    expect(readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777])).toEqual([
      ['berth.db', 0o600],
      ['berth.db-wal', 0o600],
      ['berth.db.reserve', 0o600],
    ]);
    second.close();
  });

  it('refuses a second holder at once', () => {
    const first = open();
    expect(codeOf(open)).toMatchObject({ code: 'HOME_LOCKED', hint: expect.stringContaining('berth server status') });
    first.putApp(app);
    first.close();
    open().close();
  });

  it('refuses a newer database and a file that is none', () => {
    open().close();
    const raw = new DatabaseSync(join(directory, 'berth.db'));
    raw.exec('PRAGMA user_version=99');
    raw.close();
    expect(codeOf(open)).toMatchObject({ code: 'DATABASE_NEWER', details: { found: 99 } });
    writeFileSync(join(directory, 'berth.db'), 'not a database at all, but long enough to be read as one '.repeat(100));
    expect(codeOf(open).code).toBe('DATABASE_DAMAGED');
  });

  it('names the row that is broken', () => {
    open().close();
    const raw = new DatabaseSync(join(directory, 'berth.db'));
    raw.exec(`INSERT INTO pins VALUES ('shop', 'web', '{oops')`);
    raw.close();
    const store = open();
    expect(codeOf(() => store.getPins('shop'))).toMatchObject({
      code: 'DATABASE_DAMAGED',
      message: 'Could not read column pin of the row app=shop service=web in berth.db.',
    });
    store.close();
  });
});
