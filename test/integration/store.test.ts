import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kit/index.ts';
import { copyDatabase, openStore } from '../../src/store/index.ts';
import { FakeIds } from '../fakes/ids.ts';

const program = join(import.meta.dirname, '..', 'fakes', 'store-program.ts');

describe('the store on a real disk', () => {
  let directory: string;
  let path: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'berth-disk-'));
    path = join(directory, 'berth.db');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  function start(command: readonly [string, ...string[]]): { child: ChildProcess; lines: AsyncIterableIterator<string> } {
    const [file, ...args] = command;
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  }

  it('keeps every row that it answered for when its process is killed, and lets the next one in at once', async () => {
    for (const killAfter of [3, 40, 150]) {
      const { child, lines } = start([process.execPath, program, 'write', path]);
      expect((await lines.next()).value).toBe('held');
      let last = 0;
      for await (const line of lines) {
        last = Number(line);
        if (last % killAfter === 0) child.kill('SIGKILL');
      }
      const store = openStore({ path, clock: systemClock, ids: new FakeIds() });
      expect(store.listJournal('r1').at(-1)?.seq).toBeGreaterThanOrEqual(last);
      expect(last).toBeGreaterThan(0);
      store.close();
    }
  });

  it('can be copied while another process holds it and writes, with every row that it answered for', async () => {
    const { lines } = start([process.execPath, program, 'write', path]);
    expect((await lines.next()).value).toBe('held');
    for (const rows of [1, 50, 400, 1500]) {
      let last = 0;
      for await (const line of { [Symbol.asyncIterator]: () => ({ next: () => lines.next() }) }) {
        last = Number(line);
        if (last >= rows) break;
      }
      const copy = join(directory, `copy-${rows}.db`);
      copyDatabase(path, copy);
      const store = openStore({ path: copy, copyOf: path, clock: systemClock, ids: new FakeIds() });
      expect(store.listJournal('r1').at(-1)?.seq).toBeGreaterThanOrEqual(last);
      store.close();
    }
    writeFileSync(path, 'no database at all, nor the beginning of one');
    const spoilt = join(directory, 'spoilt.db');
    copyFileSync(path, spoilt);
    expect(() => openStore({ path: spoilt, copyOf: path, clock: systemClock, ids: new FakeIds() })).toThrow(`Could not read ${path}:`);
  });

  it('is held by one of two processes, and by the other once that one was killed', async () => {
    const gone = (child: ChildProcess) => (child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve());
    const both = [start([process.execPath, program, 'write', path]), start([process.execPath, program, 'write', path])];
    const said = await Promise.all(both.map(async ({ lines }) => (await lines.next()).value));
    expect(new Set(said)).toEqual(new Set(['held', 'locked']));
    both[said.indexOf('held')]?.child.kill('SIGKILL');
    await Promise.all(both.map(({ child }) => gone(child)));
    expect((await start([process.execPath, program, 'write', path]).lines.next()).value).toBe('held');
  });

  it('reports a full disk once and can still journal the way back', async () => {
    // A disk of its own in a mount namespace of its own: nothing is left behind, whatever happens.
    const script = 'mount -t tmpfs -o size=24m tmpfs "$1" && exec "$2" "$3" fill "$1/berth.db"';
    const { lines } = start([
      'unshare',
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      directory,
      process.execPath,
      program,
    ]);
    const [held, told] = await Array.fromAsync(lines);
    expect(held).toBe('held');
    expect(JSON.parse(told ?? '{}')).toEqual({
      before: true,
      first: 'JOURNAL_FULL',
      goingBack: { written: 200 },
      kept: false,
      rest: 'JOURNAL_FULL',
      roomy: { written: 10 },
      again: true,
      lost: 0,
      sum: 0,
    });
  });
});
