import { expect, test } from 'vitest';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import { seenMount, web } from './harness/index.ts';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();

test('updates lose nothing and execute no POST twice, while another app comes and goes', async () => {
  await using site = await openSite();
  site.compose(web({ replicas: 3, more: seenMount }));
  await site.ok('up');
  expect(await site.versions()).toEqual(['1']);
  await using other = await openSite();
  other.compose(web({ replicas: 1 }));

  const load = new Load([
    ...mixedStreams(site.url(), 600),
    { name: 'post', url: site.url('/orders'), method: 'POST', connections: 4, keepAlive: true, perSecond: 60 },
    { name: 'slow', url: site.url('/slow?ms=1500'), connections: 4, keepAlive: true },
  ]);
  await load.requests(500);
  for (const version of ['2', '3', '4']) {
    site.variables({ VERSION: version });
    const [update] = await Promise.all([site.berth('up'), version === '3' ? other.ok('down', '-y') : other.ok('up')]);
    expect(update, update.err).toMatchObject({ code: 0 });
    expect(await site.versions()).toEqual([version]);
  }
  const report = await load.stop();
  expect(sum(report).lost, losses(report)).toBe(0);
  const { acknowledged, unanswered } = report.streams['post'] ?? { acknowledged: [], unanswered: ['none asked'] };
  expect(unanswered).toEqual([]);
  expect(site.seen().toSorted()).toEqual([...acknowledged].toSorted());
  expect(await site.instances()).toHaveLength(3);
});

test('a release that fails its probe exits 1 and gets no traffic, and the evidence is shown', async () => {
  await using site = await openSite();
  site.compose(web({ within: '3s' }));
  await site.ok('up');
  await using load = new Load(mixedStreams(site.url(), 200));
  site.variables({ VERSION: '2', BROKEN: '1' });
  const refused = await site.berth('up');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('500');
  expect(refused.err).toContain('2 listens on 0.0.0.0:3000');
  const report = await load.stop();
  expect(sum(report).lost, losses(report)).toBe(0);
  expect(Object.keys(report.streams['close']?.versions ?? {})).toEqual(['1']);
  expect(await site.instances()).toHaveLength(2);
});

test('a first release that fails exits 1 and says that nothing was serving', async () => {
  await using site = await openSite();
  site.compose(web({ within: '2s' }));
  site.variables({ BROKEN: '1' });
  const first = await site.berth('up');
  expect(first.code).toBe(1);
  expect(first.err).toContain('nothing was serving');
});

test('rollback goes to the release before, loses nothing, and is a release of its own', async () => {
  await using site = await openSite();
  site.compose(web());
  await site.ok('up');
  site.variables({ VERSION: '2' });
  await site.ok('up');
  await using load = new Load(mixedStreams(site.url(), 200));
  await site.ok('rollback');
  expect(await site.versions()).toEqual(['1']);
  const report = await load.stop();
  expect(sum(report).lost, losses(report)).toBe(0);
  const { releases: history } = await site.json<{ releases: { number: number; state: string }[] }>('history');
  expect(history.map(({ number, state }) => [number, state])).toEqual([
    [3, 'current'],
    [2, 'superseded'],
    [1, 'superseded'],
  ]);
});

test('up with nothing to change replaces no instance and makes no release', async () => {
  await using site = await openSite();
  site.compose(web());
  await site.ok('up');
  const before = await site.instances();
  const again = await site.json<{ unchanged?: boolean }>('up');
  expect(again.unchanged).toBe(true);
  expect(await site.instances()).toEqual(before);
  expect((await site.json<{ releases: unknown[] }>('history')).releases).toHaveLength(1);
});

test('a crash during the watch goes back to the release that served', async () => {
  await using site = await openSite();
  site.compose(web({ watch: '6s' }));
  await site.ok('up');
  site.variables({ VERSION: '2', CRASH_AFTER_MS: '3500' });
  const update = await site.berth('up');
  expect(update.code, update.err).toBe(1);
  expect(await site.versions()).toEqual(['1']);
  expect(await site.instances()).toHaveLength(2);
});
