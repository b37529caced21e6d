import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import { Site, web } from './harness/index.ts';

const run = promisify(execFile);

/** Fills a file system to its last byte; answers the file to delete. */
function fill(directory: string): string {
  const file = path.join(directory, 'filler');
  const descriptor = openSync(file, 'w');
  for (let size = 1 << 16; size > 0; size >>= 1) {
    try {
      while (writeSync(descriptor, Buffer.alloc(size)) === size) continue;
    } catch {
      // Full for pieces of this size: smaller ones may still fit.
    }
  }
  closeSync(descriptor);
  return file;
}

test('a full disk under the journal: what serves keeps serving, the failure is said, and the next `up` with room goes through', async () => {
  const disk = mkdtempSync(path.join(tmpdir(), 'berth-full-'));
  const home = path.join(disk, 'home');
  await run('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=700', 'tmpfs', disk]);
  const site = await Site.open({ home, ownsHome: true });
  onTestFinished(async () => {
    await site[Symbol.asyncDispose]();
    await run('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  site.compose(web({ replicas: 2, drain: '2s' }));
  site.variables({ VERSION: '1' });
  await site.ok('up');
  const load = new Load(mixedStreams(site.url(), 100));
  await load.requests(100);
  site.variables({ VERSION: '2' });
  const rollout = site.start('up');
  const filler = fill(disk);
  const { code, err } = await rollout.result;
  expect([0, 1, 3], err).toContain(code);
  const report = await load.stop();
  expect(sum(report).lost, losses(report)).toBe(0);
  rmSync(filler);
  site.variables({ VERSION: '3' });
  await site.ok('up');
  expect(await site.versions()).toEqual(['3']);
  expect(await site.instances()).toHaveLength(2);
});
