import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDotenv, parseRawEnv } from './dotenv.ts';

const outside = (name: string): string | undefined => (name === 'OUT' ? 'outside' : undefined);

function plain(values: ReadonlyMap<string, { value: string }>): Record<string, string> {
  return Object.fromEntries([...values].map(([name, { value }]) => [name, value]));
}

describe('parseDotenv', () => {
  it.each<[string, Record<string, string>]>([
    ['A=1', { A: '1' }],
    ['A=1\nB=2\n', { A: '1', B: '2' }],
    ['A=1\r\nB="2"\r\n', { A: '1', B: '2' }],
    ['export A=1', { A: '1' }],
    ['export  A=1', { A: '1' }],
    ['exportA=1', { exportA: '1' }],
    ['A: 1', { A: '1' }],
    ['A = 1 ', { A: '1' }],
    ['  A=1', { A: '1' }],
    ['A=', { A: '' }],
    ['A=""', { A: '' }],
    ["A=''", { A: '' }],
    ['A=a b c', { A: 'a b c' }],
    ['A=a=b', { A: 'a=b' }],
    ['A=a#b', { A: 'a#b' }],
    ['A=a #b', { A: 'a' }],
    ['A="a #b" # c', { A: 'a #b' }],
    ['# comment\n\nA=1', { A: '1' }],
    ['A-B=1\nC.D=2', { 'A-B': '1', 'C.D': '2' }],
    ['OUT', { OUT: 'outside' }],
    ['NOT', {}],
    ['export OUT\nA=1', { OUT: 'outside', A: '1' }],
    ['A=1\nB=${A}x$A', { A: '1', B: '1x1' }],
    ['OUT=own\nB=$OUT', { OUT: 'own', B: 'outside' }],
    ["A='$OUT'", { A: '$OUT' }],
    ['A="$OUT"', { A: 'outside' }],
    ['A=$$B', { A: '$B' }],
    ['A="\\$B"', { A: '$B' }],
    ['A=${X:-d}', { A: 'd' }],
    ['A="a\\nb\\t\\"q\\" \\\\ \\x"', { A: 'a\nb\t"q" \\ \\x' }],
    ['A="\\0101"', { A: 'A' }],
    ["A='it\\'s'", { A: "it's" }],
    ["A='a\\nb'", { A: 'a\\nb' }],
    ['A=\\n', { A: '\\n' }],
    ['A="1\n2"\nB=3', { A: '1\n2', B: '3' }],
    ["A='1\n2'", { A: '1\n2' }],
    ['A="x" B=2', { A: 'x', B: '2' }],
    ['A=`x`', { A: '`x`' }],
  ])('%j', (text, values) => {
    expect({ ...parseDotenv(text, outside), values: plain(parseDotenv(text, outside).values) }).toEqual({
      values,
      unset: [],
      problems: [],
    });
  });

  it.each([
    ['A B=1', 0, 'the name of a variable cannot contain a space (`A B`)'],
    ['A=1\n=2', 4, 'the name of a variable is missing before `=`'],
    ['A=1\nB="2', 6, 'the quote `"` that opens this value is never closed'],
    ['"A"=1', 0, 'the character `"` cannot be in the name of a variable (`"A"=1`)'],
    ['A=${B', 0, '`${B` has no closing brace'],
  ])('%j is refused where it is wrong', (text, offset, message) => {
    expect(parseDotenv(text, outside).problems).toEqual([{ offset, message }]);
  });

  it('says which variables were not set, and which are required', () => {
    expect(parseDotenv('A=$B', outside).unset).toEqual([{ name: 'B', offset: 0 }]);
    expect(parseDotenv('A=${B:?why}', outside).problems).toEqual([
      { offset: 0, message: 'the variable `B` is required but unset or empty: why', required: 'B' },
    ]);
  });

  it('reads any text to its end', () => {
    const piece = fc.oneof(
      fc.constantFrom('A', '=', '"', "'", '\n', '#', ' ', '$', '{', '}', '\\', 'export '),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        expect(Array.isArray(parseDotenv(pieces.join(''), outside).problems)).toBe(true);
      }),
    );
  });
});

describe('parseRawEnv', () => {
  it('takes values as they are', () => {
    expect(plain(parseRawEnv('# c\nA="q" # x\nB=$A\n\nOUT\nNOT\n', outside))).toEqual({ A: '"q" # x', B: '$A', OUT: 'outside' });
  });
});
