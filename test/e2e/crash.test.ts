import { afterAll, beforeAll, expect, test } from 'vitest';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import type { EventRecord, Plan } from '../../src/model/index.ts';
import { docker, Site, web } from './harness/index.ts';

let site: Site;
let version = 1;

beforeAll(async () => {
  site = await Site.open();
  site.compose(web({ replicas: 2, drain: '3s' }));
  await site.ok('up');
});

afterAll(() => site[Symbol.asyncDispose]());

/** Kills the server at the moment of the n-th event of a type, and answers how the `up` that was running then ended. */
async function upKilledAt(type: 'step.started' | 'step.done', n: number): Promise<{ code: number; err: string; killed: boolean }> {
  site.variables({ VERSION: String(++version) });
  const pid = await site.serverPid();
  const events = site.start('events', '-f', '-n', '0', '--json');
  const up = site.start('up');
  let killed = false;
  const watching = (async () => {
    let seen = 0;
    for await (const line of events.lines()) {
      const { event } = JSON.parse(line) as EventRecord;
      if (event.type === type && ++seen === n) {
        process.kill(pid, 'SIGKILL');
        killed = true;
        return;
      }
      if (event.type === 'rollout.ended') return;
    }
  })();
  const { code, err } = await up.result;
  events.signal('SIGKILL');
  await watching;
  return { code, err, killed };
}

test('the server killed at every step: nothing lost, the new or the old release, every instance accounted for', async () => {
  site.variables({ VERSION: String(++version) });
  const plan = await site.json<Plan>('plan');
  await site.ok('up');
  const load = new Load(mixedStreams(site.url(), 200));
  const steps = plan.steps.length;
  let kills = 0;
  for (const [type, n] of Array.from({ length: steps }, (_, at) => [at % 2 === 0 ? 'step.started' : 'step.done', at + 1] as const)) {
    const before = version;
    const { code, err, killed } = await upKilledAt(type, n);
    kills += killed ? 1 : 0;
    const at = `${type} ${n} of ${steps}: exit ${code}\n${err}`;
    expect([0, 1], at).toContain(code);
    expect(await site.versions(), at).toEqual([String(code === 0 ? version : before)]);
    const containers = (await site.containers()).filter((line) => line.includes(' instance ') && line.includes(' running '));
    expect(containers, at).toHaveLength(2);
    if (code === 1) version = before;
  }
  const report = await load.stop();
  expect(sum(report).lost, losses(report)).toBe(0);
  expect(kills).toBeGreaterThan(steps / 2);
}, 600_000);

test("HAProxy's process killed: it is back within two seconds without the server, and every instance answers", async () => {
  const { installation } = await site.json<{ installation: string }>('server', 'status');
  const filters = ['--filter', 'label=dev.berth.role=edge', '--filter', `label=dev.berth.installation=${installation}`];
  const edge = await docker('ps', '-q', ...filters);
  const pidOf = async (): Promise<number> => Number(await docker('inspect', '-f', '{{.State.Pid}}', edge));
  await site.ok('server', 'stop');
  const load = new Load(mixedStreams(site.url(), 200));
  await load.requests(200);
  const before = await pidOf();
  process.kill(before, 'SIGKILL');
  let now = await pidOf();
  while (now === 0 || now === before) now = await pidOf();
  await load.requests(400);
  const { streams } = await load.stop();
  for (const { longestGapMs, versions } of Object.values(streams)) {
    expect(longestGapMs).toBeLessThan(2000);
    expect(Object.keys(versions)).toEqual([String(version)]);
  }
  expect(await site.versions()).toEqual([String(version)]);
  expect(await site.json('server', 'status')).toMatchObject({ running: false });
});

test('the containers started again in another order without the server: every route reaches its own service', async () => {
  await using other = await Site.open({ home: site.home });
  other.compose(web({ replicas: 2 }));
  other.variables({ VERSION: 'other' });
  await other.ok('up');
  await site.berth('server', 'stop');
  const ids = [...(await site.instances()), ...(await other.instances())];
  await docker('stop', '-t', '1', ...ids);
  for (const id of ids.toReversed()) await docker('start', id);
  const until = performance.now() + 20_000;
  let seen = [await site.versions(), await other.versions()];
  while (JSON.stringify(seen) !== JSON.stringify([[String(version)], ['other']]) && performance.now() < until) {
    seen = [await site.versions(), await other.versions()];
  }
  expect(seen).toEqual([[String(version)], ['other']]);
});
