import { expect, it } from 'vitest';
import { compareVersions, judge } from './version.ts';

it.each([
  ['1.2.3', '1.2.3', 0],
  ['1.2.3', '1.10.0', -1],
  ['2.0.0', '1.99.99', 1],
  ['1.0.0-rc.2', '1.0.0', -1],
  ['1.0.0-rc.10', '1.0.0-rc.9', 1],
  ['1.0.0+build.2', '1.0.0+build.1', 0],
])('orders %s and %s', (a, b, order) => {
  expect(Math.sign(compareVersions(a, b))).toBe(order);
  expect(Math.sign(compareVersions(b, a))).toBe(order === 0 ? 0 : -order);
});

it.each([
  [{ version: '1.0.0', protocol: 1 }, 'same'],
  [{ version: '0.9.0', protocol: 1 }, 'older'],
  [{ version: '1.0.1', protocol: 1 }, 'newer'],
  [{ version: '1.0.0+other', protocol: 1 }, 'older'],
  [{ version: '9.0.0', protocol: 0 }, 'older'],
  [{ version: '1.0.0', protocol: 2 }, 'newer'],
])('judges a server %o as %s', (server, judgement) => {
  expect(judge(server, { version: '1.0.0', protocol: 1 })).toBe(judgement);
});
