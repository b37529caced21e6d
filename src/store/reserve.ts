import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const sizeBytes = 1024 * 1024;
/** Room that must be left on the disk before the reserve is made again, so that it is not taken away from a rollout that goes back. */
const roomBytes = 16 * sizeBytes;
const retryMs = 30_000;

/** A file beside the database that is given up when the disk is full, so that going back can still be journalled. */
export class Reserve {
  readonly #path: string;
  #present = false;
  #triedAtMs = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.#path = path;
    this.#present = existsSync(path);
  }

  /** Gives the space back to the disk; answers whether there was any to give. */
  release(): boolean {
    const had = this.#present;
    rmSync(this.#path, { force: true });
    this.#present = false;
    return had;
  }

  /** Makes the file again where it is missing and the disk has room; answers whether it did. */
  ensure(nowMs: number): boolean {
    if (this.#present || nowMs - this.#triedAtMs < retryMs) return false;
    this.#triedAtMs = nowMs;
    if (freeBytes(this.#path) < roomBytes) return false;
    try {
      const file = openSync(this.#path, 'w', 0o600);
      try {
        // Not a sparse file: only written blocks are really there to give back.
        writeSync(file, Buffer.alloc(sizeBytes, 'berth'));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      this.#present = true;
    } catch {
      // Without room the reserve is simply not there; the journal itself reports a full disk.
      rmSync(this.#path, { force: true });
    }
    return this.#present;
  }
}

/** Free space for this user on the disk that holds a path. */
export function freeBytes(path: string): number {
  const disk = statfsSync(dirname(path));
  return disk.bavail * disk.bsize;
}
