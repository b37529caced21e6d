import { chmodSync, closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { BerthError } from '../errors/index.ts';
import type { Clock } from '../ports/index.ts';
import { freeBytes, Reserve } from './reserve.ts';
import { migrations } from './schema.ts';

/** One row as SQLite gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;
export type Value = string | number | null;

/** SQLite's result codes that mean something to berth (https://sqlite.org/rescode.html). */
const codes = { busy: 5, locked: 6, ioError: 10, full: 13 } as const;
/** PERM, READONLY, IOERR, CORRUPT, CANTOPEN, NOTADB. */
const damage: readonly number[] = [3, 8, codes.ioError, 11, 14, 26];
/** With less than this an I/O error is taken for a full disk: quotas and the WAL's growth end as SQLITE_IOERR. */
const fullBelowBytes = 64 * 1024;

/**
 * One open `berth.db`. In WAL mode with `synchronous=FULL` a transaction costs one fsync and is on disk when the call
 * returns; the exclusive lock is the kernel's, so it ends with the process, however that ends.
 *
 * The file must never be opened a second time in this process: closing any descriptor of it would drop the lock (POSIX).
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #path: string;
  /** What errors call it. */
  readonly #name: string;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #reserve: Reserve | undefined;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * `shape` is one SQL text for each version of the file; only tests give another than berth's own. `name` is what errors
   * call it, where that is not its path.
   */
  constructor(
    path: string,
    clock: Pick<Clock, 'monotonic'>,
    { shape = migrations, name = path }: { readonly shape?: readonly string[]; readonly name?: string | undefined } = {},
  ) {
    this.#path = path;
    this.#name = name;
    this.#clock = clock;
    const memory = path === ':memory:';
    if (!memory) createPrivately(path);
    this.#db = new DatabaseSync(path, { timeout: 0 });
    try {
      this.#guard(() => (memory ? this.#db.exec('PRAGMA synchronous=OFF') : this.#lock()));
      this.#reserve = memory ? undefined : new Reserve(`${path}.reserve`);
      this.#guard(() => this.#migrate(shape));
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#reserve?.ensure(clock.monotonic());
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#guard(() => this.#prepare(sql).get(...values));
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#guard(() => this.#prepare(sql).all(...values));
  }

  /** Runs one statement as a transaction of its own; answers the rowid that an INSERT made. */
  run(sql: string, ...values: Value[]): number {
    return this.#guard(() => Number(this.#prepare(sql).run(...values).lastInsertRowid));
  }

  /**
   * Like `run`, but on disk only with the next full write. It survives the end of the process at once, so that only a
   * power cut can take it; then nothing that the journal says is missing, since the log is written in order.
   */
  runRelaxed(sql: string, ...values: Value[]): number {
    if (this.#reserve === undefined) return this.run(sql, ...values);
    this.#db.exec('PRAGMA synchronous=NORMAL');
    try {
      return this.run(sql, ...values);
    } finally {
      this.#db.exec('PRAGMA synchronous=FULL');
    }
  }

  /** Runs several statements as one transaction. */
  transaction<T>(work: () => T): T {
    return this.#guard(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    });
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #lock(): void {
    // In this order: with exclusive locking set first, WAL needs no shared-memory file and holds the lock from its first use.
    this.#db.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; BEGIN EXCLUSIVE; COMMIT');
    this.#db.exec('PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST; PRAGMA journal_size_limit=4194304');
  }

  #migrate(shape: readonly string[]): void {
    const version = Number(this.#db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (version > shape.length) {
      throw new BerthError('DATABASE_NEWER', `The database ${this.#name} has format ${version}; this berth knows ${shape.length}.`, {
        hint: 'Install the berth that wrote it, or a newer one.',
        details: { path: this.#name, found: version, known: shape.length },
      });
    }
    if (version === shape.length) return;
    if (version > 0) this.#backup(version);
    for (const [index, sql] of shape.entries()) {
      if (index < version) continue;
      this.#db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version=${index + 1}; COMMIT`);
    }
  }

  /** Keeps the database as it was before a migration, beside it. */
  #backup(version: number): void {
    const target = `${this.#path}.v${version}.bak`;
    const partial = `${target}.partial`;
    rmSync(partial, { force: true });
    this.#db.prepare('VACUUM INTO ?').run(partial);
    chmodSync(partial, 0o600);
    renameSync(partial, target);
  }

  #guard<T>(work: () => T): T {
    try {
      const result = work();
      if (this.#reserve?.ensure(this.#clock.monotonic()) === true) this.#db.exec('PRAGMA wal_autocheckpoint=1000');
      return result;
    } catch (error) {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw this.#translate(error);
    }
  }

  /**
   * Gives the reserve up, and moves what the WAL holds into the database often from now on: the WAL is then written over
   * instead of growing, so that the room lasts for some hundred steps.
   */
  #makeRoom(): void {
    if (this.#reserve?.release() !== true) return;
    try {
      this.#db.exec('PRAGMA wal_autocheckpoint=32; PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      // Not even that fits; the next write says so itself.
      if (resultCode(error) === undefined) throw error;
    }
  }

  #translate(error: unknown): unknown {
    const code = resultCode(error);
    if (code === undefined) return error;
    const details = { path: this.#name };
    if (code === codes.busy || code === codes.locked) {
      return new BerthError('HOME_LOCKED', `The database ${this.#name} is held by another berth server.`, {
        cause: error,
        hint: 'Run `berth server status` to see it, `berth server stop` to end it; or choose another `BERTH_HOME`.',
        details,
      });
    }
    if (code === codes.full || (code === codes.ioError && freeBytes(this.#path) < fullBelowBytes)) {
      this.#makeRoom();
      return new BerthError('JOURNAL_FULL', `Could not write to ${this.#name}: the disk is full.`, {
        cause: error,
        hint: 'Free some space on this disk, then run the command again.',
        details,
      });
    }
    if (damage.includes(code)) {
      return new BerthError(
        'DATABASE_DAMAGED',
        `Could not read ${this.#name}: ${error instanceof Error ? error.message : String(error)}.`,
        {
          cause: error,
          hint: `Restore a backup beside it (${this.#name}.v*.bak), or move the file away: running apps are not touched.`,
          details,
        },
      );
    }
    return error;
  }
}

/** SQLite makes its files with the mode of the database, so the database is made first, for its owner only. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** The primary result code of SQLite's error, or undefined for any other. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
