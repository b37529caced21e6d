import {
  accessSync,
  closeSync,
  constants,
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
/** Password managers serve env files as named pipes, and may ask their user first. */
const longestWaitMs = 30_000;

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
  // The pipe of a command that runs (`-f <(command)`) has no name in the file system, and ends with the command.
  const isNamedPipe = state.isFIFO() && !realpathSync.native(path).startsWith('/proc/');
  return readAtMost(path, { bytes: maxBytes, ...(isNamedPipe ? { waitMs: longestWaitMs } : {}) });
}

type Limits = { readonly bytes: number; readonly waitMs?: number };

/** A device or a pipe does not say how long it is, and a named pipe not whether anybody writes to it: `waitMs` is how long somebody may take. */
function readAtMost(path: string, { bytes, waitMs }: Limits): Uint8Array {
  const chunks: Uint8Array[] = [];
  const file = openSync(path, waitMs === undefined ? 'r' : constants.O_RDONLY | constants.O_NONBLOCK);
  const endMs = Date.now() + (waitMs ?? 0);
  try {
    for (let read = 0; read <= bytes;) {
      const chunk = new Uint8Array(1024 * 1024);
      const length = readSome(file, chunk);
      if (waitMs !== undefined && (length === undefined || (length === 0 && read === 0))) {
        if (Date.now() > endMs) throw silent(path);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        continue;
      }
      if (length === undefined || length === 0) return Buffer.concat(chunks);
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

/** How much was read; undefined where somebody has a pipe open and has written nothing yet. */
function readSome(file: number, chunk: Uint8Array): number | undefined {
  try {
    return readSync(file, chunk);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined;
    throw error;
  }
}

function silent(path: string): BerthError {
  return new BerthError('FILE_INVALID', `Could not read ${path}: it is a pipe, and nobody wrote to it for ${longestWaitMs / 1000} s.`, {
    where: { file: path },
    hint: 'Start what writes to it, or put a file in its place.',
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
