import { expect, it } from 'vitest';
import { LineMerge, type Timed } from './merge-lines.ts';

type Line = Timed & { readonly text: string };

/** A source that is fed by hand. */
class Tap implements AsyncIterable<Line> {
  readonly #lines: (Line | 'end')[] = [];
  #wake: (() => void) | undefined;
  closed = false;

  give(...lines: (Line | 'end')[]): this {
    this.#lines.push(...lines);
    this.#wake?.();
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Line, void> {
    try {
      for (;;) {
        const next = this.#lines.shift();
        if (next === 'end') return;
        if (next !== undefined) {
          yield next;
          continue;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        // oxlint-disable-next-line no-await-in-loop
        await promise;
      }
    } finally {
      this.closed = true;
    }
  }
}

const at = (atMs: number, text: string): Line => ({ atMs, text });

/** A clock whose sleeps end when the test says so. */
function handClock() {
  const sleeping: (() => void)[] = [];
  const sleep = (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      sleeping.push(resolve);
      signal?.addEventListener('abort', () => resolve());
    });
  return { sleep, pass: () => sleeping.splice(0).forEach((wake) => wake()) };
}

const never = new AbortController().signal;
const texts = async (lines: AsyncIterable<Line>) => (await Array.fromAsync(lines)).map(({ text }) => text);

it('puts what has ended in order of time, however late a source tells its part', async () => {
  const merge = new LineMerge<Line>(handClock(), { follow: false });
  const late = new Tap();
  merge.add(new Tap().give(at(1, 'a1'), at(4, 'a4'), 'end'));
  merge.add(late);
  merge.add(new Tap().give(at(2, 'b2'), at(3, 'b3'), at(5, 'b5'), 'end'));
  const all = texts(merge.lines(never));
  setImmediate(() => late.give(at(0, 'c0'), 'end'));
  expect(await all).toEqual(['c0', 'a1', 'b2', 'b3', 'a4', 'b5']);
});

it('waits for the history of each source, but not for one that has told it', async () => {
  const clock = handClock();
  const merge = new LineMerge<Line>(clock, { follow: true });
  const quiet = new Tap();
  const busy = new Tap().give(at(5, 'b5'));
  merge.add(quiet);
  merge.add(busy);
  const lines = merge.lines(never);
  const first = lines.next();
  quiet.give(at(1, 'q1'));
  expect((await first).value?.text).toBe('q1');
  const second = lines.next();
  setImmediate(() => clock.pass());
  expect((await second).value?.text).toBe('b5');
  // Both have told their history now: each line comes as it is there.
  busy.give(at(9, 'b9'));
  const third = lines.next();
  setImmediate(() => clock.pass());
  expect((await third).value?.text).toBe('b9');
  quiet.give(at(8, 'q8'));
  expect((await lines.next()).value?.text).toBe('q8');
  merge.add(new Tap().give(at(10, 'new'), 'end'));
  expect((await lines.next()).value?.text).toBe('new');
  quiet.give('end');
  busy.give('end');
  merge.finish();
  expect((await lines.next()).done).toBe(true);
});

it('fails when a source fails, and lets go of the others', async () => {
  const merge = new LineMerge<Line>(handClock(), { follow: true });
  const other = new Tap().give(at(1, 'a'));
  merge.add(other);
  const lines = merge.lines(never);
  await lines.next();
  merge.fail(new Error('the engine went away'));
  await expect(lines.next()).rejects.toThrow('the engine went away');
  other.give(at(2, 'b'));
  await new Promise(setImmediate);
  expect(other.closed).toBe(true);
});

it('ends with its reader', async () => {
  const merge = new LineMerge<Line>(handClock(), { follow: true });
  const stop = new AbortController();
  merge.add(new Tap());
  const next = merge.lines(stop.signal).next();
  stop.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
});
