import { expect, test } from 'vitest';
import { Gathering } from './gathering.ts';

/** A connection on which so many lines a second end; `saw` reads those of a while that ended so long ago. */
function gathering(perSecond: number, ringBytes = 4_194_304) {
  let nowMs = 1_800_000_000_000;
  const waiting: { ms: number; resolve: () => void }[] = [];
  const log: string[] = [];
  const clock = { now: () => nowMs, sleep: (ms: number) => new Promise<void>((resolve) => waiting.push({ ms, resolve })) };
  const socket = { pause: () => log.push('pause'), resume: () => log.push('resume') };
  const tested = new Gathering(socket as never, { clock, signal: new AbortController().signal, ringBytes });
  return {
    tested,
    log,
    saw: (afterMs: number, ageMs = 1): void => {
      nowMs += afterMs;
      tested.saw({ lines: (perSecond * afterMs) / 1000, endMs: nowMs - ageMs, nowMs });
    },
    later: (ms: number): void => {
      nowMs += ms;
    },
    /** Ends the pauses that there are, and answers how long they were to be. */
    wake: async (): Promise<readonly number[]> => {
      const pauses = waiting.splice(0);
      for (const { resolve } of pauses) resolve();
      await Promise.resolve();
      return pauses.map(({ ms }) => ms);
    },
  };
}

test('takes few lines as they come', () => {
  const { saw, log } = gathering(50);
  for (let i = 0; i < 100; i++) saw(20);
  expect(log).toEqual([]);
});

test.each([
  [500, 250],
  [15_000, 100],
  [1_000_000, 20],
])('lets %s lines a second gather for %s ms', async (perSecond, ms) => {
  const { saw, log, wake } = gathering(perSecond);
  saw(200);
  saw(200);
  expect(await wake()).toContain(ms);
  expect(log.at(-1)).toBe('resume');
});

test('measures anew what comes after a rest, and at once that it comes faster', async () => {
  const { saw, log, wake, later } = gathering(15_000);
  saw(200);
  saw(200);
  await wake();
  later(5000);
  log.length = 0;
  saw(5);
  expect(log, 'a pace of 15 lines a second would have it wait for long').toEqual([]);
  saw(100);
  expect(await wake()).toEqual([100]);
});

test('looks whether lines come faster before it waits again', async () => {
  const { saw, log, wake, tested } = gathering(1000);
  saw(200);
  saw(200);
  expect(await wake()).toEqual([250]);
  log.length = 0;
  const nowMs = 1_800_000_000_650;
  tested.saw({ lines: 1, endMs: nowMs - 240, nowMs });
  tested.saw({ lines: 600, endMs: nowMs - 220, nowMs });
  expect(log, '20,000 a second: 4,400 are left').toEqual([]);
});

test('waits only while HAProxy can hold what is left with it', () => {
  const fast = gathering(15_000);
  fast.saw(200, 220);
  fast.saw(200, 220);
  expect(fast.log, 'more than 3,000 lines are left').toEqual([]);
  fast.saw(200, 150);
  expect(fast.log).toEqual(['pause']);
  const front = gathering(15_000, 500_000);
  front.saw(200, 80);
  front.saw(200, 80);
  expect(front.log, 'more than 1,000 lines are left').toEqual([]);
  const slow = gathering(1000);
  slow.saw(200, 1100);
  slow.saw(200, 1100);
  expect(slow.log, 'they are more than a second old').toEqual([]);
  slow.saw(200, 900);
  expect(slow.log).toEqual(['pause']);
});

test('does not wait behind what is no line', () => {
  const { tested, log, saw } = gathering(15_000);
  saw(200);
  tested.saw({ lines: 400, nowMs: 1_800_000_000_201 });
  expect(log).toEqual([]);
});

test('takes all as they come for two seconds when a change is announced', async () => {
  const { saw, log, tested, wake } = gathering(15_000);
  saw(200);
  saw(200);
  await wake();
  log.length = 0;
  tested.attend();
  for (let i = 0; i < 19; i++) saw(100);
  expect(log).toEqual(['resume']);
  saw(150);
  expect(log).toEqual(['resume', 'pause']);
});

test('knows whether it has caught up', () => {
  const { saw, later, tested } = gathering(15_000);
  expect(tested.isBehind).toBe(false);
  saw(200, 150);
  expect(tested.isBehind).toBe(true);
  later(30);
  expect(tested.isBehind, 'nothing came for a while').toBe(false);
  saw(200, 10);
  expect(tested.isBehind).toBe(false);
});
