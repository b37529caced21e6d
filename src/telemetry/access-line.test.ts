import fc from 'fast-check';
import { expect, test } from 'vitest';
import { latencyOf, parseAccessLine, parseWay } from './access-line.ts';
import { lineOf } from './fake-lines.ts';

function read(text: string) {
  const line = parseAccessLine(text);
  const way = line && parseWay(line.way);
  return line && way && { ...line.measures, ...way };
}

test('reads a line', () => {
  const line = read(lineOf({ endMs: 1000, ms: 70, responseMs: 20, retries: 2 }));
  expect(line).toMatchObject({ endMs: 1000, ms: 70, pid: 8, backend: 'shop.web.3000', status: 200, retries: 2 });
  expect(line && latencyOf(line)).toBe(21);
});

test('knows a retry that went to another server', () => {
  expect(read(lineOf().replace('"0"', '"+1"'))?.retries).toBe(1);
});

test.each([
  ['no response', { responseMs: -1, ms: 500 }, 500],
  ['a WebSocket', { status: 101, responseMs: 3 }, undefined],
  ['a connection that is passed on', { frontend: 'in_5432_tcp' }, undefined],
])('knows the latency of %s', (_what, over, expected) => {
  const line = read(lineOf(over));
  expect(line).toBeDefined();
  expect(line && latencyOf(line)).toBe(expected);
});

test.each([
  ["HAProxy's own words", 'Proxy in stopped (cumulated conns: FE: 21, BE: 0).'],
  ['half a line', lineOf().slice(0, 60)],
  ['a line without its end', lineOf().slice(0, -1)],
  ['a number as text', lineOf().replace('5,100,', '5,"100",')],
  ['a text as number', lineOf().replace('"-"', '1')],
  ['a missing field', lineOf().replace('"shop.web.3000",', '')],
  ['a number too many', lineOf().replace(',200,', ',200,200,')],
  ['a fraction', lineOf().replace(',200,', ',200.5,')],
  ['a missing number', lineOf().replace(',200,', ',')],
  ['nothing', ''],
])('refuses %s', (_what, text) => {
  expect(read(text)).toBeUndefined();
});

test('takes anything without failing', () => {
  fc.assert(
    fc.property(fc.string(), fc.json(), (text, json) => {
      for (const line of [text, json, `[8,${text},[${json}]]`]) expect([undefined]).toContain(read(line));
    }),
  );
});
