import {
  accessSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Files } from '../cli/index.ts';
import { BerthError } from '../errors/index.ts';

/** No file that belongs to an application file is larger; a device may have no end. */
const maxBytes = 64 * 1024 * 1024;

/** The files of this machine. Read at once, not by Node's pool of threads: starting the threads takes longer than the few reads do. */
export const diskFiles: Files = {
  read: async (path) => orUndefined(() => readWhole(path)),
  exists: async (path) => orUndefined(() => accessSync(path) ?? true) === true,
  async write(path, text) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  },
  remove: async (path) => rmSync(path, { force: true }),
  list: async (directory) => orUndefined(() => readdirSync(directory)) ?? [],
  realPath: async (path) => orUndefined(() => realpathSync.native(path)),
};

function readWhole(path: string): Uint8Array {
  const state = statSync(path);
  if (state.isFile() && state.size <= maxBytes) return readFileSync(path);
  if (!state.isFile() && !state.isCharacterDevice() && !state.isFIFO()) return readFileSync(path);
  return readAtMost(path, maxBytes);
}

/** A device or a pipe (`-f <(command)`) does not say how long it is. */
function readAtMost(path: string, bytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  const file = openSync(path, 'r');
  try {
    for (let read = 0; read <= bytes;) {
      const chunk = new Uint8Array(1024 * 1024);
      const length = readSync(file, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
      read += length;
    }
  } finally {
    closeSync(file);
  }
  throw new BerthError('FILE_INVALID', `Could not read ${path}: it is larger than ${String(bytes / 1024 / 1024)} MB.`, {
    where: { file: path },
  });
}

/** What is not there is a value; every other failure stays one. A directory where a file should be counts as absent, and so does a link to itself. */
function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'].includes(String(error.code)))
      return undefined;
    throw error;
  }
}
