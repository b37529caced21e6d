import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canReplace, openRunDirectory } from './run-directory.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 't-edge-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

test('replaces files whole and leaves nothing beside them', async () => {
  const directory = openRunDirectory(path);
  expect(await directory.readRunning()).toBeUndefined();
  await directory.writeRunning('one');
  await directory.writeRunning('two');
  await directory.writeTrial('three');
  expect(await directory.readRunning()).toBe('two');
  expect((await readdir(path)).toSorted()).toEqual(['haproxy.cfg', 'start.cfg']);
  await directory.clear();
  expect(await readdir(path)).toEqual([]);
});

test('refuses a path that no socket can have', () => {
  expect(() => openRunDirectory(`/${'x'.repeat(100)}`)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('may replace a boot file only where one is', async () => {
  const file = join(path, 'haproxy.cfg');
  expect(await canReplace(file)).toBe(false);
  await writeFile(file, 'old');
  expect(await canReplace(file)).toBe(true);
});

test('says what kept it from writing', async () => {
  const directory = openRunDirectory(join(path, 'gone'));
  await expect(directory.writeRunning('x')).rejects.toMatchObject({ code: 'EDGE_FAILED', message: expect.stringContaining('ENOENT') });
});
