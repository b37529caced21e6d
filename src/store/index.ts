/**
 * The durable record in one SQLite file: apps, releases, rollouts, journal, events, leases, addresses. Must never judge
 * what is written, nor be opened by two processes (the kernel holds the lock; a copy is for looking). Start reading at `open-store.ts`, then
 * `database.ts` for what happens when the disk is full or the file is newer.
 */
export { copyDatabase } from './copy.ts';
export { openStore } from './open-store.ts';
