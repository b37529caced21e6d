import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endOf, latencyOf, parseAccessLine } from './access-line.ts';
import { lineOf } from './fake-lines.ts';

test('reads a line', () => {
  const line = parseAccessLine(lineOf({ at: 1000, ms: 70, responseMs: 20 }));
  expect(line).toMatchObject({ at: 1000, backend: 'shop.web.3000', status: 200 });
  expect(line && endOf(line)).toBe(1070);
  expect(line && latencyOf(line)).toBe(21);
});

test.each([
  ['no response', { responseMs: -1, ms: 500 }, 500],
  ['a WebSocket', { status: 101, responseMs: 3 }, undefined],
  ['a connection that is passed on', { frontend: 'in_5432_tcp' }, undefined],
])('knows the latency of %s', (_what, over, expected) => {
  const line = parseAccessLine(lineOf(over));
  expect(line && latencyOf(line)).toBe(expected);
});

test.each([
  ["HAProxy's own words", 'Proxy in stopped (cumulated conns: FE: 21, BE: 0).'],
  ['half a line', lineOf().slice(0, 90)],
  ['a number as text', lineOf().replace('"in":100', '"in":"100"')],
  ['a text as number', lineOf().replace('"route":"-"', '"route":1')],
  ['a missing field', lineOf().replace('"out":200,', '')],
  ['nothing', ''],
])('refuses %s', (_what, text) => {
  expect(parseAccessLine(text)).toBeUndefined();
});

test('takes anything without failing', () => {
  fc.assert(
    fc.property(fc.string(), fc.json(), (text, json) => {
      expect([undefined]).toContain(parseAccessLine(`{"n":${text}`));
      parseAccessLine(json);
    }),
  );
});
