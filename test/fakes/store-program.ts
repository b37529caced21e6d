/**
 * A process that holds a store. `write PATH`: journals without end and says each number once it is on disk.
 * `fill PATH`: fills the disk under the store and tells what can still be journalled. Says `locked` when it cannot hold it.
 */
import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BerthError } from '../../src/errors/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import type { Step } from '../../src/model/index.ts';
import { openStore } from '../../src/store/index.ts';
import { FakeIds } from './ids.ts';

const [mode = 'write', path = ':memory:'] = process.argv.slice(2);
const step: Step = { id: 's1', action: { kind: 'image.pull', service: 'web', reference: 'nginx' }, reason: 'r'.repeat(2000), needs: [] };
let skewMs = 0;
const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skewMs };
const say = (text: string) => void writeSync(1, `${text}\n`);

/** Journals steps until it cannot; answers how many went in, and the code it ended with. */
function journal(store: ReturnType<typeof openStore>, limit: number): { written: number; code: string | undefined } {
  for (let written = 0; written < limit; written += 1) {
    try {
      store.journalStart('r1', step, written);
    } catch (error) {
      if (error instanceof BerthError) return { written, code: error.code };
      throw error;
    }
  }
  return { written: limit, code: undefined };
}

function fillDisk(file: string): void {
  const ballast = openSync(file, 'w');
  try {
    for (let chunk = 65_536; chunk > 0; chunk = Math.floor(chunk / 2)) {
      try {
        for (;;) writeSync(ballast, Buffer.alloc(chunk));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    }
  } finally {
    closeSync(ballast);
  }
}

try {
  const store = openStore({ path, clock, ids: new FakeIds() });
  say('held');
  if (mode === 'write') for (;;) say(String(store.journalStart('r1', step, 1)));
  const ballast = join(dirname(path), 'ballast');
  const reserve = `${path}.reserve`;
  const before = existsSync(reserve);
  fillDisk(ballast);
  const first = journal(store, 10_000);
  const goingBack = journal(store, 200);
  const kept = existsSync(reserve);
  const rest = journal(store, 10_000);
  rmSync(ballast);
  skewMs = 60_000;
  const roomy = journal(store, 10);
  const rows = store.listJournal('r1').length;
  store.close();
  const after = openStore({ path, clock, ids: new FakeIds() }).listJournal('r1').length;
  say(
    JSON.stringify({
      before,
      first: first.code,
      goingBack,
      kept,
      rest: rest.code,
      roomy,
      again: existsSync(reserve),
      lost: rows - after,
      sum: first.written + goingBack.written + rest.written + roomy.written - rows,
    }),
  );
} catch (error) {
  if (!(error instanceof BerthError)) throw error;
  say(error.code === 'HOME_LOCKED' ? 'locked' : error.code);
}
