import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import { appImage, docker, freePort, get, web } from './harness/index.ts';

const execute = promisify(execFile);
const repository = path.resolve(import.meta.dirname, '../..');
const root = mkdtempSync(path.join(tmpdir(), 'berth-package-'));
const directory = path.join(root, 'app');
const name = path.basename(root).toLowerCase();
const [prefix, home] = [path.join(root, 'prefix'), path.join(root, 'home')];
let port = 0;

/** As on a user's machine: the system's own Node, nothing of this checkout on the PATH, and no setting of berth's or npm's. */
const inherited = Object.entries(process.env).filter(([key]) => !/^(?:BERTH_|COMPOSE_|VITEST|NODE_OPTIONS|NODE_ENV|npm_)/.test(key));
const environment = { ...Object.fromEntries(inherited), PATH: `${prefix}/bin:/usr/local/bin:/usr/bin:/bin`, BERTH_HOME: home };

/** Runs a program in the application's directory, and answers its exit code and what it printed. */
async function run(
  file: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await execute(file, args, { cwd: directory, env: { ...environment, ...more }, timeout: 200_000 });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

const installed = (args: readonly string[], more: NodeJS.ProcessEnv = {}) => run(path.join(prefix, 'bin/berth'), args, more);

async function up(version: string): Promise<void> {
  const { code, err } = await installed(['up'], { VERSION: version });
  expect(code, err).toBe(0);
}

beforeAll(async () => {
  mkdirSync(directory);
  await execute('npm', ['pack', '--pack-destination', root], { cwd: repository, maxBuffer: 64 << 20 });
  const tarball = readdirSync(root).find((file) => file.endsWith('.tgz')) ?? 'no tarball';
  await execute('npm', ['install', '--global', '--no-audit', '--no-fund', '--prefix', prefix, path.join(root, tarball)], {
    cwd: directory,
    env: environment,
  });
  port = await freePort();
  const compose = web({ replicas: 2 }).replaceAll('$PORT', String(port)).replaceAll('$IMAGE', appImage);
  writeFileSync(path.join(directory, 'compose.yaml'), `name: ${name}\n${compose}`);
});

afterAll(async () => {
  const { code, err } = await installed(['uninstall', '--purge', '--volumes', '-y']);
  const left = await docker('ps', '-aq', '--filter', `label=dev.berth.app=${name}`);
  const isGone = !existsSync(home);
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  expect({ code, left, isGone }, err).toEqual({ code: 0, left: '', isGone: true });
});

test('the installed command runs without the repository, on the Node that came with it', async () => {
  expect(await installed(['--version'])).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^berth \d+\.\d+\.\d+\n$/) });
  expect((await installed(['help', 'up'])).out).toContain('Usage: berth up');
  expect((await installed(['config'])).out).toContain(`name: ${name}`);
  expect(readdirSync(path.join(prefix, 'lib/node_modules/berth'))).not.toContain('src');
});

test('started by an older Node, it hands over with its output and exit code', async () => {
  const launcher = path.join(prefix, 'lib/node_modules/berth/bin/berth.cjs');
  expect(await run('/usr/bin/env', ['node', launcher, '--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^berth /) });
  expect(await run('/usr/bin/env', ['node', launcher, 'frobnicate'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('frobnicate'),
  });
});

test('without a Node that can run it, it says in one sentence what to do', async () => {
  const bare = path.join(root, 'bare');
  mkdirSync(path.join(bare, 'bin'), { recursive: true });
  await execute('cp', [path.join(repository, 'bin/berth'), path.join(repository, 'bin/berth.cjs'), path.join(bare, 'bin')]);
  const { code, out, err } = await run('/bin/sh', [path.join(bare, 'bin/berth'), 'up'], { PATH: '/nowhere' });
  expect({ code, out, err }).toEqual({
    code: 2,
    out: '',
    err: 'berth needs Node 24: install Node 24 or later, or run `npm install` again without --omit=optional.\n',
  });
});

test('deploys, updates, goes back and survives the death of its server without losing a request', async () => {
  await up('1');
  await using load = new Load(mixedStreams(`http://127.0.0.1:${port}/`, 200));
  await load.requests(100);
  await up('2');
  expect((await installed(['rollback'])).code).toBe(0);
  const { pid } = JSON.parse((await installed(['server', 'status', '--json'])).out) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await up('3');
  const report = await load.stop();
  expect(sum(report).lost, losses(report)).toBe(0);
  expect((await get(`http://127.0.0.1:${port}/`)).body).toMatchObject({ version: '3' });
});
