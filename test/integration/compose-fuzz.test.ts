import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lay, own } from './compose-cases/own.ts';
import { normal } from './compose-cases/normal.ts';
import { project } from './compose-fuzz/project.ts';
import { composeJudge, type Judge } from './compose-judges.ts';

/** `BERTH_FUZZ_SEED` repeats a run, `BERTH_FUZZ_RUNS` makes a longer one. */
const seed = Number(process.env['BERTH_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env['BERTH_FUZZ_RUNS'] ?? 200);

let root = '';
let compose: Judge;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'berth-fuzz-')));
  compose = await composeJudge();
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('random projects', () => {
  it(`are understood as docker compose does (seed ${String(seed)}, ${String(numRuns)} projects)`, { timeout: 600_000 }, async () => {
    const counted = { accepted: 0, rejected: 0 };
    await fc.assert(
      fc.asyncProperty(project, async (one) => {
        const directory = await lay(one, root);
        const [theirs, ours] = await Promise.all([compose(directory, one), own(directory, one)]);
        counted['model' in theirs ? 'accepted' : 'rejected']++;
        await rm(path.dirname(directory), { recursive: true });
        if ('model' in theirs) expect('model' in ours ? normal(ours.model) : ours).toEqual(normal(theirs.model));
        else expect(ours, theirs.rejected).toHaveProperty('rejected');
      }),
      { seed, numRuns, endOnFailure: process.env['BERTH_FUZZ_SHRINK'] === '0' },
    );
    console.log(`compared ${String(counted.accepted)} projects, ${String(counted.rejected)} of both rejected; seed ${String(seed)}`);
    // Generated projects must mostly be good ones, else nothing is compared.
    expect(counted.accepted).toBeGreaterThan(numRuns / 2);
  });
});
