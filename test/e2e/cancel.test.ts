import { expect, test } from 'vitest';
import { type Site, web } from './harness/index.ts';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();

/** Starts an update that takes seconds to start, and waits until it is running. */
async function startUpdate(site: Site): Promise<ReturnType<Site['start']>> {
  site.compose(web({ more: '    stop_grace_period: 2s' }).replace('HOST:', 'START_MS: "${START_MS:-0}"\n      HOST:'));
  await site.ok('up');
  site.variables({ VERSION: '2', START_MS: '3000' });
  const up = site.start('up');
  await up.shows('Probing');
  return up;
}

test('Ctrl-C once goes back to the old release: exit 130', async () => {
  await using site = await openSite();
  const up = await startUpdate(site);
  up.signal('SIGINT');
  const { code, err } = await up.result;
  expect(code, err).toBe(130);
  expect(await site.versions()).toEqual(['1']);
  expect(await site.instances()).toHaveLength(2);
});

test('a second up meets a lease: exit 4, and the first goes on', async () => {
  await using site = await openSite();
  const up = await startUpdate(site);
  site.variables({ VERSION: '3' });
  const second = await site.berth('up');
  expect(second.code, second.err).toBe(4);
  expect((await up.result).code).toBe(0);
  expect(await site.versions()).toEqual(['2']);
});
