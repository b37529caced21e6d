import { expect, test } from 'vitest';
import { memoryTree } from '../../test/fakes/memory-tree.ts';
import { findPythonVersion } from './python-version.ts';

test.each<[Record<string, string>, string]>([
  [{ '.python-version': '3.12.4\n' }, '3.12'],
  [{ 'runtime.txt': 'python-3.11.9' }, '3.11'],
  [{ 'pyproject.toml': '[project]\nrequires-python = ">=3.10"\n' }, '3.13'],
  [{ 'pyproject.toml': 'requires-python = ">=3.10,<3.12"' }, '3.11'],
  [{ 'pyproject.toml': 'requires-python = "==3.12.*"' }, '3.12'],
  [{ 'pyproject.toml': 'requires-python = "~=3.11.2"' }, '3.11'],
  [{ 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.11"' }, '3.13'],
  [{}, '3.13'],
])('%j takes Python %s', async (files, version) => {
  expect((await findPythonVersion(memoryTree(files))).version).toBe(version);
});

test('a range that nothing fits takes the default and says so', async () => {
  const found = await findPythonVersion(memoryTree({ 'pyproject.toml': 'requires-python = "<3.5"' }));
  expect(found.warning).toBe('No version of Python that berth knows fits "<3.5" in pyproject.toml; Python 3.13 is used.');
});
