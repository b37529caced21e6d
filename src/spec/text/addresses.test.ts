import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCovered, rangeProblem } from './addresses.ts';

describe('ranges of addresses', () => {
  it.each(['10.0.0.0/8', '192.0.2.7', '0.0.0.0/0', '::/0', '2001:db8::/32', '::ffff:10.0.0.1', '::1/128'])('%s is one', (text) => {
    expect(rangeProblem(text)).toBeUndefined();
  });

  it.each(['', '10.0.0.0/33', '10.0.0', '256.0.0.1', '10.0.0.0/', '::1/129', 'a.example', '10.0.0.0/-1', '10.0.0.0/8/8'])(
    '%j is none',
    (text) => {
      expect(rangeProblem(text)).toContain('must be an address or a range');
    },
  );

  it.each([
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.1.0.0/16', false],
    ['11.0.0.1', '10.0.0.0/8', false],
    ['192.0.2.7', '0.0.0.0/0', true],
    ['2001:db8:1::/48', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.0/104', true],
    ['10.0.0.1', '::/0', false],
    ['nonsense', '::/0', false],
  ])('%s in %s: %s', (inner, outer, covered) => {
    expect(isCovered(inner, outer)).toBe(covered);
  });

  it('covers itself, and a longer prefix of itself', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.integer({ min: 0, max: 32 }), (address, a, b) => {
        expect(isCovered(`${address}/${Math.max(a, b)}`, `${address}/${Math.min(a, b)}`)).toBe(true);
      }),
    );
  });
});
