import { constants } from 'node:fs';
import { access, chown, mkdir, open, readFile, rename, rm, stat, lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BerthError } from '../../errors/index.ts';
import { masterSocket, runtimeSocket } from '../config/render.ts';
import { retiredFile, runningFile, socketFiles, trialFile, waitFile } from './body.ts';
import type { Owner } from './place.ts';

/** The directory that server and one container share: HAProxy's sockets and the configuration it runs. */
export type RunDirectory = {
  readonly path: string;
  readonly sockets: { readonly runtime: string; readonly master: string };
  readRunning(): Promise<string | undefined>;
  writeRunning(text: string | undefined): Promise<void>;
  writeTrial(text: string | undefined): Promise<void>;
  /** Notes, once, that the HAProxy of this directory was replaced; every start of its container takes the note away. */
  markRetired(): Promise<void>;
  /** Since when (wall clock), or undefined. */
  retiredAtMs(): Promise<number | undefined>;
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
  const retired = join(path, retiredFile);
  return {
    path,
    sockets,
    readRunning: () => readIfThere(join(path, runningFile)),
    writeRunning: (text) => write(runningFile, text),
    writeTrial: (text) => write(trialFile, text),
    async markRetired() {
      if ((await changedAtMs(retired)) === undefined) await write(retiredFile, '');
    },
    retiredAtMs: () => changedAtMs(retired),
    async clear() {
      const files = [runningFile, trialFile, retiredFile, waitFile, ...socketFiles];
      await Promise.all(files.map((file) => rm(join(path, file), { force: true })));
    },
  };
}

/** Makes a directory, and gives it to the user who writes in it where that is not the server's own. */
export async function ensureDirectory(path: string, input: { readonly mode: number; readonly owner?: Owner | undefined }): Promise<void> {
  const { mode, owner } = input;
  await mkdir(path, { recursive: true, mode });
  if (owner !== undefined && (await stat(path)).uid !== owner.uid) await chown(path, owner.uid, owner.gid);
}

export async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

export async function isThere(path: string): Promise<boolean> {
  return (await changedAtMs(path)) !== undefined;
}

async function changedAtMs(path: string): Promise<number | undefined> {
  return ifThere(async () => (await lstat(path)).mtimeMs);
}

function readIfThere(path: string): Promise<string | undefined> {
  return ifThere(() => readFile(path, { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NOFOLLOW }));
}

async function ifThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Whether this process may replace a file that is there. */
export async function canReplace(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    await access(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Writes a file whole, and is back when it and its directory entry are on disk. */
export async function writeDurably(path: string, text: string): Promise<void> {
  await replaceFile(path, text);
  await syncDirectory(dirname(path));
}

/** Waits until the entries of a directory are on disk. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

/**
 * Replaces a file whole and waits until it is on disk; `undefined` takes it away. The container's copies keep the mode,
 * and the server reads them. Made anew, so that no link that somebody put there is followed.
 */
export async function replaceFile(path: string, text: string | undefined, mode = 0o644): Promise<void> {
  if (text === undefined) {
    await rm(path, { force: true });
    return;
  }
  const temporary = `${path}.new`;
  try {
    await rm(temporary, { force: true });
    await using file = await open(temporary, 'wx', mode);
    await file.writeFile(text);
    await file.sync();
  } catch (cause) {
    await rm(temporary, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BerthError('EDGE_FAILED', `Could not write the edge's configuration: ${why}`, { cause });
  }
  await rename(temporary, path);
}
