import { expect, test } from 'vitest';
import { Gathering } from './gathering.ts';

const few = { lines: 2, bytes: 400 };
const many = { lines: 50, bytes: 9000 };
const more = { lines: 400, bytes: 64 * 1024 };

function gathering() {
  let nowMs = 10_000;
  const waiting: (() => void)[] = [];
  const log: string[] = [];
  const clock = { now: () => nowMs, sleep: () => new Promise<void>((resolve) => waiting.push(resolve)) };
  const socket = { pause: () => log.push('pause'), resume: () => log.push('resume') };
  const tested = new Gathering(socket as never, clock, new AbortController().signal);
  return {
    tested,
    log,
    saw: (read: typeof few, afterMs = 1) => tested.saw({ ...read, nowMs: (nowMs += afterMs) }),
    wake: async (): Promise<void> => {
      for (const resolve of waiting.splice(0)) resolve();
      await Promise.resolve();
    },
  };
}

test('takes few lines as they come', () => {
  const { saw, log } = gathering();
  for (let i = 0; i < 100; i++) saw(few, 10);
  expect(log).toEqual([]);
});

test('lets lines gather where they come densely, once everything that waits was read', async () => {
  const { saw, log, wake } = gathering();
  saw(more);
  expect(log).toEqual([]);
  saw(many);
  expect(log).toEqual(['pause']);
  await wake();
  // Was read before the pause.
  saw(few, 100);
  saw(more);
  expect(log).toEqual(['pause', 'resume']);
  saw(many);
  expect(log).toEqual(['pause', 'resume', 'pause']);
});

test('takes all as they come for two seconds when a change is announced', () => {
  const { saw, log, tested } = gathering();
  saw(many);
  tested.attend();
  for (let i = 0; i < 100; i++) saw(many, 15);
  expect(log).toEqual(['pause', 'resume']);
  saw(many, 600);
  expect(log).toEqual(['pause', 'resume', 'pause']);
});
