import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BerthError } from '../errors/index.ts';

/** A file of a release: its bytes, and who may read it in the container. */
export type KeptFile = {
  readonly sha256: string;
  readonly content: Uint8Array;
  readonly mode: number;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
};

/** Keeps a file under a name made of its content, mode and owner. It is there whole or not at all, also after a crash. */
export async function keepFile(directory: string, file: KeptFile): Promise<string> {
  const found = createHash('sha256').update(file.content).digest('hex');
  if (found !== file.sha256) throw new BerthError('INTERNAL', `A file of the release has the hash ${found}, not ${file.sha256}.`);
  const path = pathOf(directory, file);
  if (await isThere(path)) return path;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await write(directory, path, file);
  } catch (error) {
    throw toKeepError(path, error);
  }
  return path;
}

/** The path of a file kept before, or undefined. */
export async function findFile(directory: string, file: Omit<KeptFile, 'content'>): Promise<string | undefined> {
  const path = pathOf(directory, file);
  return (await isThere(path)) ? path : undefined;
}

function pathOf(directory: string, file: Omit<KeptFile, 'content'>): string {
  return join(directory, `${file.sha256}-${file.mode.toString(8).padStart(4, '0')}-${file.uid ?? 'x'}-${file.gid ?? 'x'}`);
}

/** A file under its last name is whole: it got the name only when all was on disk. */
async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw toKeepError(path, error);
  }
}

function errnoOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

async function write(directory: string, path: string, file: KeptFile): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await using handle = await open(temporary, 'w', 0o600);
    await handle.writeFile(file.content);
    if (file.uid !== undefined || file.gid !== undefined) await handle.chown(file.uid ?? ownUid(), file.gid ?? ownGid());
    await handle.chmod(file.mode);
    await handle.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await using parent = await open(directory, 'r');
  await parent.sync();
}

const ownUid = (): number => process.getuid?.() ?? 0;
const ownGid = (): number => process.getgid?.() ?? 0;

function toKeepError(path: string, error: unknown): BerthError {
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new BerthError('JOURNAL_FULL', `Could not keep a file of the release at ${path}: the disk is full.`, { cause: error });
  }
  if (errno === 'EPERM') {
    return new BerthError('FILE_INVALID', `Could not keep a file of the release: this user may not give files to another owner.`, {
      hint: 'Leave `uid` and `gid` of the secret or config out, or run the berth server as root.',
      cause: error,
    });
  }
  return new BerthError('INTERNAL', `Could not keep a file of the release at ${path}: ${String(errno ?? error)}.`, { cause: error });
}
