import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BerthError } from '../../errors/index.ts';
import { runningFile, socketFiles, trialFile } from './container.ts';
import { masterSocket, runtimeSocket } from '../config/render.ts';

/** The directory that server and container share: HAProxy's sockets and the configuration it runs. */
export type RunDirectory = {
  readonly path: string;
  readonly sockets: { readonly runtime: string; readonly master: string };
  prepare(): Promise<void>;
  readRunning(): Promise<string | undefined>;
  writeRunning(text: string | undefined): Promise<void>;
  writeTrial(text: string | undefined): Promise<void>;
  clear(): Promise<void>;
};

/** What the kernel takes as a socket's path (sun_path), less the closing zero. */
const longestSocketPath = 107;

export function openRunDirectory(path: string): RunDirectory {
  const sockets = { runtime: join(path, runtimeSocket), master: join(path, masterSocket) };
  const tooLong = Object.values(sockets).find((socket) => Buffer.byteLength(socket) > longestSocketPath);
  if (tooLong !== undefined) {
    throw new BerthError('USAGE', `The path ${tooLong} is longer than the ${longestSocketPath} bytes that a socket may have.`, {
      hint: 'Choose a shorter BERTH_HOME.',
    });
  }
  const write = (file: string, text: string | undefined): Promise<void> => replaceFile(join(path, file), text);
  return {
    path,
    sockets,
    async prepare() {
      await mkdir(path, { recursive: true, mode: 0o700 });
    },
    readRunning: () => readIfThere(join(path, runningFile)),
    writeRunning: (text) => write(runningFile, text),
    writeTrial: (text) => write(trialFile, text),
    async clear() {
      await Promise.all([runningFile, trialFile, ...socketFiles].map((file) => rm(join(path, file), { force: true })));
    },
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Replaces a file that is there, and its directory entry, durably; answers whether this process may. */
export async function replaceExisting(path: string, text: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    await access(dirname(path), constants.W_OK);
  } catch {
    return false;
  }
  await replaceFile(path, text);
  await using directory = await open(dirname(path), 'r');
  await directory.sync();
  return true;
}

/** Replaces a file whole and waits until it is on disk; `undefined` takes it away. The container's copies keep the mode, and the server reads them. */
async function replaceFile(path: string, text: string | undefined): Promise<void> {
  if (text === undefined) {
    await rm(path, { force: true });
    return;
  }
  const temporary = `${path}.new`;
  try {
    await using file = await open(temporary, 'w', 0o644);
    await file.writeFile(text);
    await file.sync();
  } catch (cause) {
    await rm(temporary, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BerthError('EDGE_FAILED', `Could not write the edge's configuration: ${why}`, { cause });
  }
  await rename(temporary, path);
}
