import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AppStatus } from '../../src/contract/index.ts';
import type { Plan } from '../../src/model/index.ts';
import { Site, web } from './harness/index.ts';

let site: Site;

beforeAll(async () => {
  site = await Site.open();
  site.compose(web());
  await site.ok('up');
});

afterAll(() => site[Symbol.asyncDispose]());

async function status(): Promise<AppStatus['services'][number] | undefined> {
  const { services } = await site.json<AppStatus>('ps');
  return services.find(({ name }) => name === 'web');
}

test('ps tells what runs, and how it is', async () => {
  const web1 = await status();
  expect(web1).toMatchObject({ wanted: 2, ready: 2, release: 1 });
  expect(web1?.instances.map(({ name, health }) => [name, health])).toEqual([
    [`${site.name}-web-1`, 'healthy'],
    [`${site.name}-web-2`, 'healthy'],
  ]);
  expect((await site.ok('ps')).out).toContain(`${site.name}-web-2`);
});

test('scale lasts until the next up', async () => {
  await site.ok('scale', 'web=3');
  expect(await site.instances()).toHaveLength(3);
  await site.ok('up');
  expect(await site.instances()).toHaveLength(2);
});

test('restart replaces every instance', async () => {
  const before = await site.instances();
  await site.ok('restart');
  const after = await site.instances();
  expect(after).toHaveLength(2);
  expect(after.filter((id) => before.includes(id))).toEqual([]);
});

test('stop ends all instances, start brings the same release back', async () => {
  await site.ok('stop');
  expect(await site.instances()).toEqual([]);
  expect((await site.get()).status).toBe(503);
  await site.ok('start');
  expect(await site.versions()).toEqual(['1']);
});

test('logs shows the lines of every instance', async () => {
  const { out } = await site.ok('logs', 'web');
  expect(out).toContain('1 listens on 0.0.0.0:3000');
});

test('exec runs a command in an instance and answers its exit code and output', async () => {
  expect(await site.berth('exec', 'web', '--', 'sh', '-c', 'echo $VERSION; exit 7')).toMatchObject({ code: 7, out: '1\n' });
});

test('output longer than a pipe holds arrives whole, however slow its reader', async () => {
  const { file, args, cwd, env } = site.command('exec', 'web', '--', 'node', '-e', 'process.stdout.write("x".repeat(1_000_000))');
  const reader = ['-c', '"$@" | { sleep 1; wc -c; }', 'sh', file, ...args];
  const { stdout } = await promisify(execFile)('sh', reader, { cwd, env });
  expect(Number(stdout)).toBe(1_000_000);
});

test('run starts a container of its own and answers its exit code', async () => {
  const before = await site.instances();
  expect(await site.berth('run', 'web', '--', 'sh', '-c', 'echo once; exit 3')).toMatchObject({ code: 3, out: 'once\n' });
  expect(await site.instances()).toEqual(before);
});

test.each(['run', 'exec'])('%s of a command that is not in the image ends as shells say it, without ids', async (verb) => {
  const missing = await site.berth(verb, 'web', '--', 'nosuch');
  expect(missing).toMatchObject({ code: 127, out: '', err: expect.stringContaining("nosuch was not found in web's image.") });
  const file = await site.berth(verb, 'web', '--', '/etc/passwd');
  expect(file).toMatchObject({ code: 126, out: '', err: expect.stringContaining("/etc/passwd in web's image cannot be executed.") });
  expect(missing.err + file.err).not.toMatch(/[0-9a-f]{64}/);
});

test('plan shows the steps with reasons, and changes nothing', async () => {
  const before = await site.containers();
  site.variables({ VERSION: '2' });
  const plan = await site.json<Plan>('plan');
  site.variables({ VERSION: '1' });
  expect(plan.services).toEqual([expect.objectContaining({ service: 'web', change: 'roll', order: 'start-first', gap: '0' })]);
  expect(plan.steps.every(({ reason }) => reason !== '')).toBe(true);
  expect(await site.containers()).toEqual(before);
});

test('the server stops and comes back with the next command', async () => {
  const before = await site.serverPid();
  await site.ok('server', 'stop');
  expect(await site.json('server', 'status')).toMatchObject({ running: false });
  expect(await site.versions()).toEqual(['1']);
  await site.ok('ps');
  expect(await site.serverPid()).not.toBe(before);
});

test('a verb that is not there is an error that names the nearest one', async () => {
  const { code, err } = await site.berth('rollbak');
  expect(code).toBe(2);
  expect(err).toContain('rollback');
});

test('a destructive verb without a terminal needs -y', async () => {
  const { code, err } = await site.berth('down');
  expect(code).toBe(2);
  expect(err).toContain('-y');
  expect(await site.instances()).toHaveLength(2);
});
