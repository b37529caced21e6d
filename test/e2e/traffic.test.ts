import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import { Site, web } from './harness/index.ts';

type Row = { readonly requests: number; readonly release?: number };
type Report = {
  readonly services: readonly (Row & { readonly releases: readonly Row[]; readonly routes: readonly { readonly route: string }[] })[];
  readonly gaps: readonly { readonly kind: string }[];
};

test('counts every request by release, and says what it did not see while the server was dead', async () => {
  await using site = await Site.open();
  site.compose(web({ replicas: 2 }));
  await site.ok('up');
  const look = () => site.json<Report>('traffic', '--last', '5m');
  const before = (await look()).services[0]?.requests ?? 0;

  const load = new Load(mixedStreams(site.url(), 300));
  await load.requests(300);
  site.variables({ VERSION: '2' });
  await site.ok('up');
  await load.requests(300);
  const report = await load.stop();
  expect(sum(report).lost, losses(report)).toBe(0);
  await sleep(1500);
  const { services, gaps } = await look();
  expect(services).toHaveLength(1);
  expect(services[0]?.releases.map((r) => r.release)).toEqual([1, 2]);
  expect(services[0]?.releases.every((r) => r.requests >= 100)).toBe(true);
  expect(gaps.filter((gap) => gap.kind === 'lost')).toEqual([]);
  expect((services[0]?.requests ?? 0) - before).toBeGreaterThanOrEqual(sum(report).requests);
  expect((await site.ok('traffic', 'web')).out).toMatch(/^web .*\n {2}release 1 .*\n {2}release 2 /m);

  process.kill(await site.serverPid(), 'SIGKILL');
  expect((await site.get()).status).toBe(200);
  const [first] = (await look()).gaps;
  expect(first?.kind).toBe('unseen');
  expect((await site.ok('traffic')).out).toContain('nobody counted');
  await expect
    .poll(
      async () => {
        await site.get();
        return (await look()).services[0]?.requests ?? 0;
      },
      { timeout: 15_000, interval: 500 },
    )
    .toBeGreaterThan(0);
});

test('counts a request when it ended, however long its connection was kept idle before it', async () => {
  await using site = await Site.open();
  site.compose(web({ replicas: 1 }));
  await site.ok('up');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<boolean>((resolve, reject) => {
      const request = get(site.url(), { agent }, (response) => {
        response.resume();
        response.once('end', () => resolve(request.reusedSocket));
      });
      request.once('error', reject);
    });
  await ask();
  await sleep(5000);
  expect(await ask()).toBe(true);
  await sleep(500);
  const { services } = await site.json<Report>('traffic', '--last', '3s');
  expect(services[0]?.requests).toBe(1);
  agent.destroy();
});
