import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBuildTool } from './build-tool.ts';
import type { RunProcess } from './run-process.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-tool-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Puts a `docker` into a directory of its own and answers that directory. */
function docker(name: string): string {
  mkdirSync(join(root, name));
  writeFileSync(join(root, name, 'docker'), name);
  chmodSync(join(root, name, 'docker'), 0o755);
  return join(root, name);
}

/** Behaves like the commands that a test put there; those of this machine are not asked. */
const run: RunProcess = (command, follow) => {
  const name = command.file.startsWith(root) ? (command.file.split('/').at(-2) ?? '') : 'none';
  if (command.args[0] === 'buildx') return Promise.resolve(name.startsWith('buildx') ? 0 : 1);
  if (name.startsWith('old')) follow?.onLine?.('Docker version 20.10.24+dfsg1, build 297e128');
  if (name.startsWith('new')) follow?.onLine?.('Docker version 28.2.2, build e6534b4');
  if (name.startsWith('podman')) follow?.onLine?.('podman version 4.3.1');
  return Promise.resolve(0);
};

test('a newer docker without the plugin is passed over for an older one with BuildKit', async () => {
  const path = [docker('new'), docker('podman'), docker('old')].join(':');
  expect(await findBuildTool(run, { PATH: path })).toEqual({ file: join(root, 'old', 'docker'), kind: 'cli' });
});

test('the plugin is taken where it is', async () => {
  const path = [docker('buildx'), docker('old')].join(':');
  expect(await findBuildTool(run, { PATH: path })).toEqual({ file: join(root, 'buildx', 'docker'), kind: 'buildx' });
});

test('none at all names the package to install', async () => {
  const failed = findBuildTool(run, { PATH: docker('new') });
  await expect(failed).rejects.toMatchObject({
    code: 'BUILD_TOOL_MISSING',
    exitCode: 2,
    hint: expect.stringContaining('apt-get install docker-buildx'),
  });
});
