import { copyFileSync, statSync } from 'node:fs';
import { BerthError } from '../errors/index.ts';

const tries = 20;

/**
 * Copies a database that another process may hold and write, without asking that process. SQLite writes to the log beside
 * the database (`-wal`) and now and then moves it over (https://sqlite.org/wal.html): a copy during which the database
 * itself stayed as it was is whole up to the last transaction that the copied log has whole. HOME_LOCKED where it never
 * stays as it is.
 */
export function copyDatabase(from: string, to: string): void {
  for (let left = tries; left > 0; left -= 1) {
    const before = stateOf(from);
    copyFileSync(from, to);
    copyIfThere(`${from}-wal`, `${to}-wal`);
    if (stateOf(from) === before) return;
  }
  throw new BerthError('HOME_LOCKED', `The database ${from} changes all the time; it could not be copied.`, {
    hint: 'Try again when no rollout runs.',
    details: { path: from },
  });
}

/** Who closes a database takes its log away. */
function copyIfThere(from: string, to: string): void {
  try {
    copyFileSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

function stateOf(path: string): string {
  const { mtimeNs, size } = statSync(path, { bigint: true });
  return `${mtimeNs} ${size}`;
}
