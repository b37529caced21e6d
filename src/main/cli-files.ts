import { accessSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Files } from '../cli/index.ts';

/** The files of this machine. Read at once, not by Node's pool of threads: starting the threads takes longer than the few reads do. */
export const diskFiles: Files = {
  read: async (path) => orUndefined(() => readFileSync(path)),
  exists: async (path) => orUndefined(() => accessSync(path) ?? true) === true,
  async write(path, text) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  },
  remove: async (path) => rmSync(path, { force: true }),
  list: async (directory) => orUndefined(() => readdirSync(directory)) ?? [],
  realPath: async (path) => orUndefined(() => realpathSync.native(path)),
};

/** What is not there is a value; every other failure stays one. A directory where a file should be counts as absent. */
function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String(error.code))) return undefined;
    throw error;
  }
}
