import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { BerthError } from '../errors/index.ts';

/** The identities in the key file, newest first: comment lines left out. Undefined when there is no file. */
export function readKeys(path: string): readonly string[] | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new BerthError('SECRET_KEY_LOST', `The key of the secrets, ${path}, may be read by other users.`, {
        hint: `Run \`chmod 600 ${path}\`, then \`berth secret rotate\` if somebody else had access.`,
      });
    }
    return text.split('\n').filter((line) => line.startsWith('AGE-SECRET-KEY-'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    if (error instanceof BerthError) throw error;
    throw new BerthError('SECRET_KEY_LOST', `Could not read the key of the secrets, ${path}: ${reason(error)}.`, { cause: error });
  }
}

/** Writes the key file: whole or not at all, also after a crash, and for its owner only. */
export function writeKeys(path: string, keys: readonly string[]): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // One that a crash left behind may have another mode.
    rmSync(temporary, { force: true });
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(file, `# The key of the secrets in berth.db (age). Without it they cannot be read.\n${keys.join('\n')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    const directory = openSync(dirname(path), 'r');
    fsyncSync(directory);
    closeSync(directory);
  } catch (error) {
    rmSync(temporary, { force: true });
    const code = error instanceof Error && 'code' in error && error.code === 'ENOSPC' ? 'JOURNAL_FULL' : 'SECRET_KEY_LOST';
    throw new BerthError(code, `Could not write the key of the secrets, ${path}: ${reason(error)}.`, { cause: error });
  }
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
