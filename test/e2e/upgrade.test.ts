import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import { Site, web } from './harness/index.ts';
import { openProxyImage } from './harness/proxy-image.ts';

type Report = {
  readonly server: string;
  readonly proxies: readonly { proxy: string; service?: string; current: boolean; replaced: boolean }[];
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

test('a database that a newer berth wrote is refused and left as it is, and the app serves on', async () => {
  await using site = await Site.open();
  site.compose(web({ replicas: 1 }));
  await site.ok('up');
  await site.ok('server', 'stop');
  const file = path.join(site.home, 'berth.db');
  const hash = (): string => createHash('sha256').update(readFileSync(file)).digest('hex');
  // The server that was stopped lets go of it a moment after its last answer.
  const setVersion = (change: number): void => {
    using database = new DatabaseSync(file, { timeout: 10_000 });
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    database.exec(`PRAGMA user_version=${version + change}`);
  };
  setVersion(+1);
  const before = hash();
  site.variables({ VERSION: '2' });
  for (const command of [['up'], ['upgrade'], ['upgrade', '--check'], ['ps']]) {
    const { code, err } = await site.berth(...command);
    expect(err).toContain('newer');
    expect(code).not.toBe(0);
  }
  expect(hash()).toBe(before);
  expect(await site.versions()).toEqual(['1']);
  setVersion(-1);
});
