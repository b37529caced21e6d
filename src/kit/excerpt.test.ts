import { expect, test } from 'vitest';
import { excerpt } from './index.ts';

const long = Array.from({ length: 300 }, (_, i) => String(i % 10)).join('');

test.each([
  ['a short line', '\tport: x', 8, 'x'],
  ['a line without a column', 'abc', undefined, 'a'],
  ['the beginning of a long line', long, 3, '2'],
  ['the middle of a long line', long, 206, '5'],
  ['the end of a long line', long, 300, '9'],
])('shows what is wrong in %s', (_what, line, column, character) => {
  const { text, indent } = excerpt(line, column);
  expect(text.length).toBeLessThanOrEqual(162);
  expect(text.includes('\t')).toBe(false);
  expect(text[indent]).toBe(character);
});

test('points behind a line for what is missing there', () => {
  expect(excerpt('abc', 9)).toEqual({ text: 'abc', indent: 3 });
});
