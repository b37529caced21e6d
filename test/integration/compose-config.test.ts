import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BerthError } from '../../src/errors/index.ts';
import { loadProject, type Reader } from '../../src/spec/index.ts';
import { buildCases } from './compose-cases/build.ts';
import type { Case } from './compose-cases/case.ts';
import { layerCases } from './compose-cases/layers.ts';
import { newerCases } from './compose-cases/newer.ts';
import { normal } from './compose-cases/normal.ts';
import { projectCases } from './compose-cases/project.ts';
import { serviceCases } from './compose-cases/services.ts';
import { composeJudge, specJudge, type Judge, type Verdict } from './compose-judges.ts';

const known: readonly Case[] = [...serviceCases, ...buildCases, ...projectCases, ...layerCases];

let root = '';
let compose: Judge;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'berth-compose-')));
  compose = await composeJudge();
});
afterAll(() => rm(root, { recursive: true, force: true }));

const orUndefined = async <T>(promise: Promise<T>): Promise<T | undefined> => promise.catch(() => undefined);

const disk: Reader = {
  read: (file) => orUndefined(readFile(file)),
  exists: async (file) => (await orUndefined(stat(file))) !== undefined,
  realpath: (file) => orUndefined(realpath(file)),
  list: async (file) => (await orUndefined(readdir(file))) ?? [],
};

/** The files of a case in a directory of its own, always under the name `shop`. */
async function lay(one: Case): Promise<string> {
  const directory = path.join(await mkdtemp(path.join(root, 'case-')), 'shop');
  for (const [name, text] of Object.entries(one.files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), text);
  }
  return directory;
}

/** What berth makes of a case. */
async function own(directory: string, one: Case): Promise<Verdict> {
  const values = (flag: string): string[] => (one.flags ?? []).filter((_, index, all) => all[index - 1] === flag);
  try {
    const { document } = await loadProject({
      directory,
      files: values('-f'),
      projectName: values('-p')[0],
      profiles: values('--profile'),
      envFiles: values('--env-file'),
      variables: { HOME: homedir(), ...one.variables },
      strict: false,
      reader: disk,
    });
    return { model: JSON.parse(JSON.stringify(document)) };
  } catch (error) {
    if (error instanceof BerthError) return { rejected: error.message };
    throw error;
  }
}

async function compare(one: Case, judge: Judge): Promise<void> {
  const directory = await lay(one);
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
