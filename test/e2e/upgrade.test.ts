import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import { runtimeSocket, staticVariable } from '../../src/haproxy/config/render.ts';
import { labels } from '../../src/model/index.ts';
import { docker, Site, web } from './harness/index.ts';
import { openProxyImage } from './harness/proxy-image.ts';

type Report = {
  readonly server: string;
  readonly proxies: readonly {
    readonly proxy: string;
    readonly service?: string;
    readonly current: boolean;
    readonly configured: boolean;
    readonly replaced: boolean;
    readonly reconfigured: boolean;
  }[];
};

test('upgrade says what it would replace, replaces it under load, and has nothing to do then', async () => {
  await using image = await openProxyImage();
  await using site = await Site.open();
  site.variables({ BERTH_HAPROXY_IMAGE: image.reference });
  site.compose(web({ replicas: 2 }));
  await site.ok('up');
  const kinds = (report: Report): string[] => report.proxies.map((p) => `${p.proxy} ${p.service ?? ''}`.trim());
  expect((await site.json<Report>('upgrade', '--check')).proxies.every((p) => p.current)).toBe(true);
  await image.renew();
  const wanted = await site.json<Report>('upgrade', '--check');
  expect(kinds(wanted)).toEqual(['edge', 'front web']);
  expect(wanted.proxies.map((p) => p.current)).toEqual([false, false]);
  expect((await site.ok('upgrade', '--check')).out).toMatch(/^edge +HAProxy 3\.\S+, image \w{12}, would be replaced by image \w{12}$/m);
  const load = new Load(mixedStreams(site.url(), 300));
  await load.requests(100);
  const done = await site.json<Report>('upgrade');
  expect(done.proxies.map((p) => [p.current, p.replaced])).toEqual([
    [true, true],
    [true, true],
  ]);
  await load.requests(100);
  const report = await load.stop();
  expect(losses(report)).toBe('');
  expect(sum(report).requests).toBeGreaterThan(200);
  expect((await site.json<Report>('upgrade')).proxies.every((p) => p.current && !p.replaced)).toBe(true);
  const { code } = await site.berth('up');
  expect(code).toBe(0);
});

test('upgrade --check starts no server to see what one would change, and upgrade says what that was', async () => {
  await using image = await openProxyImage();
  await using site = await Site.open();
  site.variables({ BERTH_HAPROXY_IMAGE: image.reference });
  site.compose(web({ replicas: 2 }));
  await site.ok('up');
  const check = async (): Promise<string> => {
    const state = async (): Promise<unknown> => [
      ...['berth.db', 'server.log'].map((file) => hashOf(path.join(site.home, file))),
      await docker('ps', '-aq', '--no-trunc', '--filter', `label=${labels.installation}`),
    ];
    await site.ok('server', 'stop');
    await expect.poll(() => existsSync(path.join(site.home, 'berth.db-wal'))).toBe(false);
    const before = await state();
    const { out } = await site.ok('upgrade', '--check');
    expect(await state()).toEqual(before);
    return out;
  };
  expect(await check()).toMatch(/^server +none runs, \S+ would be started\nedge .+, as it is\nfront \S+ .+, as it is\n$/);
  await seemOlder(path.join(site.home, 'edge'));
  expect(await check()).toMatch(/^edge .+, as it is; would read a new configuration$/m);
  const load = new Load(mixedStreams(site.url(), 300));
  await load.requests(100);
  // The server that this starts sees to the proxies before it is asked to.
  const done = async (): Promise<unknown> =>
    (await site.json<Report>('upgrade')).proxies.map(({ proxy, replaced, reconfigured }) => ({ proxy, replaced, reconfigured }));
  expect(await done()).toEqual([
    { proxy: 'edge', replaced: false, reconfigured: true },
    { proxy: 'front', replaced: false, reconfigured: false },
  ]);
  await image.renew();
  expect(await check()).toMatch(/^edge .+, would be replaced by image \w{12}$/m);
  expect(await done()).toEqual([
    { proxy: 'edge', replaced: true, reconfigured: false },
    { proxy: 'front', replaced: true, reconfigured: false },
  ]);
  await load.requests(100);
  expect(losses(await load.stop())).toBe('');
  expect((await site.json<Report>('upgrade', '--check')).proxies.every((p) => p.current && p.configured)).toBe(true);
}, 300_000);

/** Lets HAProxy say that it runs the configuration of another berth. */
async function seemOlder(directory: string): Promise<void> {
  const socket = connect(path.join(directory, runtimeSocket));
  socket.end(`experimental-mode on; set var ${staticVariable} str(older)\n`);
  await once(socket.resume(), 'close');
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

test('a database that a newer berth wrote is refused and left as it is, and the app serves on', async () => {
  await using site = await Site.open();
  site.compose(web({ replicas: 1 }));
  await site.ok('up');
  await site.ok('server', 'stop');
  const file = path.join(site.home, 'berth.db');
  // The server that was stopped lets go of it a moment after its last answer.
  const setVersion = (change: number): void => {
    using database = new DatabaseSync(file, { timeout: 10_000 });
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    database.exec(`PRAGMA user_version=${version + change}`);
  };
  setVersion(+1);
  const before = hashOf(file);
  site.variables({ VERSION: '2' });
  for (const command of [['up'], ['upgrade'], ['upgrade', '--check'], ['ps']]) {
    const { code, err } = await site.berth(...command);
    expect(err).toContain('newer');
    expect(code).not.toBe(0);
  }
  expect(hashOf(file)).toBe(before);
  expect(await site.versions()).toEqual(['1']);
  setVersion(-1);
});
