import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

const shares = [0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1];

test('knows nothing before it counted', () => {
  expect(new Histogram().percentiles([0.5, 0.99])).toEqual([undefined, undefined]);
});

test('is exact for small numbers', () => {
  const histogram = new Histogram();
  for (let value = 1; value <= 200; value++) histogram.record(value);
  expect(histogram.percentiles([0.5, 0.95, 0.99, 1])).toEqual([100, 190, 198, 200]);
});

test.each([
  ['less than nothing', -5, 0],
  ['a fraction', 7.9, 7],
  ['the last exact one', 255, 255],
])('takes %s', (_what, value, expected) => {
  const histogram = new Histogram();
  histogram.record(value);
  expect(histogram.percentiles([0.5])).toEqual([expected]);
});

test('is within 0.4 % of exact for any numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(3000), fc.nat(90_000_000), fc.maxSafeNat()), { minLength: 1, maxLength: 300 }), (values) => {
      expectClose(histogramOf(values), values, 0.004);
    }),
  );
});

test('merged is the same as counted in one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000)), fc.array(fc.nat(100_000)), (a, b) => {
      const merged = histogramOf(a);
      merged.merge(histogramOf(b));
      const whole = histogramOf([...a, ...b]);
      expect(merged.count).toBe(whole.count);
      expect(merged.percentiles(shares)).toEqual(whole.percentiles(shares));
    }),
  );
});

test('is within 1 % of exact over a million latencies with a long tail', () => {
  let state = 42;
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  const values = Array.from({ length: 1_000_000 }, () => Math.floor(Math.exp(1 + 8 * next() ** 2)));
  expectClose(histogramOf(values), values, 0.01);
});

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function expectClose(histogram: Histogram, values: readonly number[], share: number): void {
  const sorted = Float64Array.from(values).toSorted();
  const found = histogram.percentiles(shares);
  for (const [i, wanted] of shares.entries()) {
    const exact = sorted[Math.max(1, Math.ceil(wanted * sorted.length)) - 1] ?? 0;
    expect(Math.abs((found[i] ?? NaN) - exact)).toBeLessThanOrEqual(exact * share);
  }
}
