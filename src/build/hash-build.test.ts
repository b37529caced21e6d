import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildSchema, type Build } from '../model/index.ts';
import { hashBuild } from './hash-build.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-hash-'));
  write('Dockerfile', 'FROM scratch\nCOPY . /\n');
  write('src/a.js', 'a');
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function hash(change: Partial<Build> = {}): string {
  return hashBuild(buildSchema.parse({ context: root, dockerfile: join(root, 'Dockerfile'), hash: '', ...change }));
}

test('the same tree has the same hash, whatever its times', () => {
  const before = hash();
  utimesSync(join(root, 'src/a.js'), 1, 1);
  expect(hash()).toBe(before);
  expect(before).toMatch(/^[0-9a-f]{64}$/);
});

test.each<[string, () => void]>([
  ['content', () => write('src/a.js', 'b')],
  ['a new file', () => write('src/b.js', '')],
  ['a new empty directory', () => mkdirSync(join(root, 'empty'))],
  ['a mode', () => chmodSync(join(root, 'src/a.js'), 0o755)],
  ['a link', () => symlinkSync('src/a.js', join(root, 'link'))],
  ['the Dockerfile', () => write('Dockerfile', 'FROM scratch\n')],
])('%s changes it', (_name, change) => {
  const before = hash();
  change();
  expect(hash()).not.toBe(before);
});

test('where a file ends and the next begins is not lost', () => {
  write('x', 'ab');
  write('y', 'c');
  const before = hash();
  write('x', 'a');
  write('y', 'bc');
  expect(hash()).not.toBe(before);
});

test('options change it, labels, tags and cache switches do not', () => {
  const before = hash();
  for (const change of [{ args: { A: '1' } }, { target: 'x' }, { platform: 'linux/arm64' }, { network: 'host' }])
    expect(hash(change)).not.toBe(before);
  for (const change of [{ labels: { a: 'b' } }, { tags: ['x:1'] }, { noCache: true }, { pull: true }]) expect(hash(change)).toBe(before);
});

test('what .dockerignore leaves out does not count, the file for the Dockerfile first', () => {
  write('.dockerignore', 'compose.yaml\n.env*\n.dockerignore\n');
  const before = hash();
  write('compose.yaml', 'x');
  write('.env', 'A=1');
  expect(hash()).toBe(before);
  write('Dockerfile.dockerignore', '.dockerignore\n*.dockerignore\n');
  const own = hash();
  write('compose.yaml', 'y');
  expect(hash()).not.toBe(own);
});

test('a link inside the context is fine, one that leaves it is named', () => {
  symlinkSync('a.js', join(root, 'src/same'));
  symlinkSync('gone', join(root, 'src/broken'));
  hash();
  symlinkSync('../../etc/passwd', join(root, 'src/out'));
  expect(() => hash()).toThrow(
    expect.objectContaining({
      code: 'FILE_INVALID',
      message: `Could not read the build context ${root}: the link src/out points outside it, to ../../etc/passwd.`,
    }),
  );
  write('.dockerignore', 'src/out\n');
  hash();
});

test('a link through a linked directory that leaves the context is named too', () => {
  symlinkSync('/etc', join(root, 'etc'));
  expect(() => hash()).toThrow(/the link etc points outside it, to \/etc/);
});

test('a missing context and a missing Dockerfile are told apart', () => {
  expect(() => hash({ context: join(root, 'nowhere') })).toThrow(
    expect.objectContaining({ code: 'FILE_NOT_FOUND', message: expect.stringMatching(/nowhere: there is no such directory/) }),
  );
  expect(() => hash({ context: join(root, 'Dockerfile') })).toThrow(/it is not a directory/);
  expect(() => hash({ dockerfile: join(root, 'Other') })).toThrow(
    expect.objectContaining({ code: 'FILE_NOT_FOUND', where: { file: join(root, 'Other') } }),
  );
});

test('a context that the engine fetches is hashed by its address', () => {
  expect(hash({ context: 'https://example.com/a.git' })).not.toBe(hash({ context: 'https://example.com/b.git' }));
});
