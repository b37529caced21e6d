import { describe, expect, it } from 'vitest';
import { ago, duration, list, parseSpan, table } from './format.ts';
import { createStyle, cut, stripControls, styleFor, widthOf } from './style.ts';

it.each([
  [0, '0.0 s'],
  [12_345, '12.3 s'],
  [60_000, '1 min'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
  [5_430_000, '1 h 31 min'],
  [90_000_000, '1 d 1 h'],
])('says %d ms as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it.each([
  [5_000, '5 s ago'],
  [125_000, '2 min ago'],
  [7_300_000, '2 h ago'],
  [200_000_000, '2 d ago'],
  [-5_000, '0 s ago'],
])('says %d ms before now as %s', (ms, text) => {
  expect(ago(1_000_000_000 - ms, 1_000_000_000)).toBe(text);
});

it.each([
  ['90', 90_000],
  ['30s', 30_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['2d', 172_800_000],
  ['soon', undefined],
  ['10 m', undefined],
  ['', undefined],
])('reads the span %j as %s', (text, ms) => {
  expect(parseSpan(text)).toBe(ms);
});

it('joins words as people do', () => {
  expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual(['', 'a', 'a and b', 'a, b and c']);
});

describe('a table', () => {
  it('has columns as wide as their widest cell, wide characters counted as two', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['日本', 'x'],
          ['y', ''],
        ],
      ),
    ).toBe('A     B\n日本  x\ny');
  });

  it('is cut only where a terminal is too narrow, and only in its last column', () => {
    const rows = [['one', 'a very long text']];
    expect(table(['A', 'B'], rows, 16)).toBe('A    B\none  a very lon…');
    expect(table(['A', 'B'], rows)).toContain('a very long text');
  });
});

describe('text on a terminal', () => {
  it('has no control sequences of strangers', () => {
    expect(stripControls('\u001B[31mred\u001B[0m \u001B]0;title\u0007x\r\u0008\ty\n')).toBe('red x\ty\n');
  });

  it('is cut by width', () => {
    expect([cut('abcdef', 4), cut('abcd', 4), cut('日本語', 4)]).toEqual(['abc…', 'abcd', '日…']);
    expect(widthOf(createStyle('colour').red('ab'))).toBe(2);
  });

  it.each([
    [{ isTTY: true }, {}, false, true],
    [{ isTTY: false }, {}, false, false],
    [{ isTTY: true }, { NO_COLOR: '1' }, false, false],
    [{ isTTY: true }, { NO_COLOR: '' }, false, true],
    [{ isTTY: true }, { TERM: 'dumb' }, false, false],
    [{ isTTY: true }, {}, true, false],
  ])('is coloured for %o, %o, --no-color %s: %s', (output, env, noColor, coloured) => {
    expect(styleFor(output, env, noColor).red('x') !== 'x').toBe(coloured);
  });
});
