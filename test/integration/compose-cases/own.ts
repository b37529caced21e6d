import { mkdir, mkdtemp, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { BerthError } from '../../../src/errors/index.ts';
import { loadProject, type Reader } from '../../../src/spec/index.ts';
import type { Verdict } from '../compose-judges.ts';
import type { Case } from './case.ts';

const orUndefined = async <T>(promise: Promise<T>): Promise<T | undefined> => promise.catch(() => undefined);

const disk: Reader = {
  read: (file) => orUndefined(readFile(file)),
  exists: async (file) => (await orUndefined(stat(file))) !== undefined,
  realpath: (file) => orUndefined(realpath(file)),
  list: async (file) => (await orUndefined(readdir(file))) ?? [],
};

/** The files of a case in a directory of its own, always under the name `shop`. */
export async function lay(one: Case, root: string): Promise<string> {
  const directory = path.join(await mkdtemp(path.join(root, 'case-')), 'shop');
  for (const [name, text] of Object.entries(one.files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), text);
  }
  return directory;
}

/** What berth makes of a case. */
export async function own(directory: string, one: Case): Promise<Verdict> {
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
