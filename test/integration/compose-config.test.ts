import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCases } from './compose-cases/build.ts';
import type { Case } from './compose-cases/case.ts';
import { lay, own } from './compose-cases/own.ts';
import { layerCases } from './compose-cases/layers.ts';
import { newerCases } from './compose-cases/newer.ts';
import { normal } from './compose-cases/normal.ts';
import { projectCases } from './compose-cases/project.ts';
import { serviceCases } from './compose-cases/services.ts';
import { composeJudge, specJudge, type Judge } from './compose-judges.ts';

const known: readonly Case[] = [...serviceCases, ...buildCases, ...projectCases, ...layerCases];

let root = '';
let compose: Judge;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'berth-compose-')));
  compose = await composeJudge();
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function compare(one: Case, judge: Judge): Promise<void> {
  const directory = await lay(one, root);
  const theirs = await judge(directory, one);
  const ours = await own(directory, one);
  // The case itself must say what Compose does with it, else it tests nothing.
  expect('rejected' in theirs, JSON.stringify(theirs)).toBe(one.rejected === true);
  if ('model' in theirs) expect('model' in ours ? normal(ours.model) : ours).toEqual(normal(theirs.model));
  else expect(ours).toHaveProperty('rejected');
}

describe('berth understands what docker compose understands', () => {
  it('in at least 300 cases', () => expect(known.length + newerCases.length).toBeGreaterThan(300));
  it.each(known.map((one) => [one.name, one] as const))('%s', (_name, one) => compare(one, compose));
});

const spec = await specJudge();
describe.skipIf(spec === undefined)(
  'and what only newer Compose understands (skipped where there is no Go to build compose-go with)',
  () => {
    it.each(newerCases.map((one) => [one.name, one] as const))('%s', (_name, one) => (spec === undefined ? undefined : compare(one, spec)));
  },
);
