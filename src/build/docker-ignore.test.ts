import { expect, test } from 'vitest';
import { parseDockerIgnore } from './docker-ignore.ts';

test.each<[string, string, boolean]>([
  ['node_modules', 'node_modules', true],
  ['node_modules', 'node_modules/a/b.js', true],
  ['node_modules', 'packages/a/node_modules', false],
  ['**/node_modules', 'packages/a/node_modules/b', true],
  ['**/node_modules', 'node_modules', true],
  ['/dist', 'dist/a', true],
  ['./dist/', 'dist/a', true],
  ['a/../b', 'b', true],
  ['*.log', 'a.log', true],
  ['*.log', 'logs/a.log', false],
  ['**/*.log', 'logs/deep/a.log', true],
  ['**/*.log', 'a.log', true],
  ['logs/**', 'logs/a', true],
  ['logs/**', 'logs', false],
  ['**', 'anything/at/all', true],
  ['*', 'a/b', true],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['[a-c].txt', 'b.txt', true],
  ['[^a-c].txt', 'b.txt', false],
  [String.raw`a\*b`, 'a*b', true],
  [String.raw`a\*b`, 'axb', false],
  ['a.b', 'axb', false],
  ['# comment', '# comment', false],
  ['.env*', '.env.production', true],
  ['*.md\n!README.md', 'README.md', false],
  ['*.md\n!README.md', 'NOTES.md', true],
  ['*\n!src', 'src/a.js', false],
  ['*\n!src', 'test/a.js', true],
  ['*\n!src\nsrc/secret', 'src/secret/key', true],
  ['!a\na', 'a', true],
  ['a/**/z', 'a/z', true],
  ['a/**/z', 'a/b/c/z', true],
  ['  spaced  ', 'spaced', true],
  ['.', 'a', false],
])('%j on %s: %s', (text, path, ignored) => {
  expect(parseDockerIgnore(text).ignores(path)).toBe(ignored);
});

test('an ignored directory is skipped unless something in it may come back', () => {
  const rules = parseDockerIgnore('node_modules\nbuild\n!build/keep/*.txt\n!.env.example');
  expect(rules.prunes('node_modules')).toBe(true);
  expect(rules.prunes('build')).toBe(false);
  expect(rules.prunes('build/keep')).toBe(false);
  expect(rules.prunes('build/other')).toBe(true);
  expect(parseDockerIgnore('a\n!**/keep').prunes('a')).toBe(false);
});
