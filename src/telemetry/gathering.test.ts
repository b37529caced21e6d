import { expect, test } from 'vitest';
import { Gathering } from './gathering.ts';

const few = { lines: 2, ageMs: 1 };
const many = { lines: 50, ageMs: 1 };
const old = { lines: 400, ageMs: 300 };

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
    saw: ({ lines, ageMs }: typeof few, afterMs = 1): void => {
      nowMs += afterMs;
      tested.saw({ lines, endMs: nowMs - ageMs, nowMs });
    },
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

test('lets lines gather where they come densely, once what waited for long was read', async () => {
  const { saw, log, wake } = gathering();
  saw(old);
  expect(log).toEqual([]);
  saw(many);
  expect(log).toEqual(['pause']);
  await wake();
  saw(old, 100);
  saw(old, 30);
  expect(log).toEqual(['pause', 'resume']);
  saw(many);
  expect(log).toEqual(['pause', 'resume', 'pause']);
});

test('does not wait behind what is no line', () => {
  const { tested, log } = gathering();
  tested.saw({ lines: 400, nowMs: 10_001 });
  expect(log).toEqual([]);
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
