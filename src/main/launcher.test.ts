import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'berth-launcher-'));
afterAll(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, 'compose.yaml'), 'services: { web: { image: "x:${TAG}" } }\n');
writeFileSync(join(root, 'options.env'), 'NODE_OPTIONS=--no-such-option\nTAG=7\n');

it('keeps `--env-file` from Node, which would take it, and the options in it, for its own', () => {
  const berth = (...args: string[]) =>
    spawnSync(resolve(import.meta.dirname, '../../bin/berth'), ['-C', root, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: root },
    });
  const missing = berth('--env-file', join(root, 'none.env'), 'config');
  expect(missing).toMatchObject({ status: 2, stderr: 'error: none.env: the env file (`--env-file`) does not exist\n' });
  expect(berth('--env-file', join(root, 'options.env'), 'config')).toMatchObject({ status: 0, stdout: expect.stringContaining('x:7') });
});
