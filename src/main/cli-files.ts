import { dirname } from 'node:path';
import type { Files } from '../cli/index.ts';

/** The files of this machine; node:fs/promises is loaded with the first use. */
export const diskFiles: Files = {
  read: async (path) => orUndefined((await fs()).readFile(path)),
  exists: async (path) => (await orUndefined((await fs()).access(path).then(() => true))) === true,
  async write(path, text) {
    const { mkdir, writeFile } = await fs();
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  },
  remove: async (path) => (await fs()).rm(path, { force: true }),
  list: async (directory) => (await orUndefined((await fs()).readdir(directory))) ?? [],
  realPath: async (path) => orUndefined((await fs()).realpath(path)),
};

function fs(): Promise<typeof import('node:fs/promises')> {
  return import('node:fs/promises');
}

/** What is not there is a value; every other failure stays one. A directory where a file should be counts as absent. */
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String(error.code))) return undefined;
    throw error;
  }
}
