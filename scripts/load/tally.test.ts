import { expect, test } from 'vitest';
import { losses, sum } from './plan.ts';
import { Tally } from './tally.ts';

test('counts what succeeded, what was lost and why, and the longest time without success', () => {
  const tally = new Tally(1000);
  tally.add({ tookMs: 5, version: '1', id: 'a' }, 1010);
  tally.add({ tookMs: 1, reason: 'ECONNRESET', id: 'b' }, 1200);
  tally.add({ tookMs: 7, version: '2' }, 1510);
  const report = tally.report(1520);
  expect(report).toMatchObject({ requests: 3, lost: 1, why: { ECONNRESET: 1 }, versions: { 1: 1, 2: 1 }, p99Ms: 7, longestGapMs: 500 });
  expect(report).toMatchObject({ acknowledged: ['a'], unanswered: ['b'] });
  const whole = { seconds: 1, streams: { one: report, two: report } };
  expect(sum(whole)).toEqual({ requests: 6, lost: 2 });
  expect(losses(whole)).toBe('one: ECONNRESET × 1, two: ECONNRESET × 1');
});

test('a time without success that has not ended counts too', () => {
  expect(new Tally(0).report(3000).longestGapMs).toBe(3000);
});
