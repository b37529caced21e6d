import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileTree } from './file-tree.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-tree-'));
  mkdirSync(join(root, 'tree/src'), { recursive: true });
  writeFileSync(join(root, 'outside'), 'secret');
  writeFileSync(join(root, 'tree/src/a.js'), 'a');
  symlinkSync('src/a.js', join(root, 'tree/inner'));
  symlinkSync('../outside', join(root, 'tree/outer'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('files and links inside are read, directories listed by name', async () => {
  const tree = openFileTree(join(root, 'tree'));
  expect(await tree.read('src/a.js')).toBe('a');
  expect(await tree.read('./inner')).toBe('a');
  expect(await tree.list('.')).toEqual([
    { name: 'inner', kind: 'link' },
    { name: 'outer', kind: 'link' },
    { name: 'src', kind: 'directory' },
  ]);
});

test('what is missing, a directory or outside reads as nothing', async () => {
  const tree = openFileTree(join(root, 'tree'));
  for (const path of ['gone', 'src', 'src/a.js/b', '../outside', 'outer']) expect(await tree.read(path)).toBeUndefined();
  expect(await tree.list('..')).toEqual([]);
  expect(await tree.list('gone')).toEqual([]);
});

test('a tree that is not there says so', async () => {
  await expect(openFileTree(join(root, 'none')).read('a')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', exitCode: 2 });
});
