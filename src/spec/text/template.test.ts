import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillTemplate } from './template.ts';

const variables: Readonly<Record<string, string>> = { A: 'a', E: '', N: '3', long_Name9: 'l' };
const lookup = (name: string): string | undefined => (Object.hasOwn(variables, name) ? variables[name] : undefined);

describe('fillTemplate', () => {
  it.each([
    ['plain', 'plain', []],
    ['$A', 'a', []],
    ['${A}', 'a', []],
    ['$A$A-${A}', 'aa-a', []],
    ['$A.x', 'a.x', []],
    ['$long_Name9', 'l', []],
    ['$U', '', ['U']],
    ['${U}', '', ['U']],
    ['${A:-d}', 'a', []],
    ['${E:-d}', 'd', []],
    ['${U:-d}', 'd', []],
    ['${E-d}', '', []],
    ['${U-d}', 'd', []],
    ['${U:-}', '', []],
    ['${A:+x}', 'x', []],
    ['${E:+x}', '', []],
    ['${U:+x}', '', []],
    ['${E+x}', 'x', []],
    ['${U+x}', '', []],
    ['${A:?no}', 'a', []],
    ['${E?no}', '', []],
    ['${U:-${A}}', 'a', []],
    ['${U:-${V:-x}y}z', 'xyz', []],
    ['${U:-$A $$}', 'a $', []],
    ['${U:-${V}}', '', ['V']],
    ['${U:-a:-b}', 'a:-b', []],
    ['${U-a:-b}', 'a:-b', []],
    ['${U:-a?b}', 'a?b', []],
    ['${U:-{"x":1}}', '{"x":1}', []],
    ['${U:-{}}', '{}', []],
    ['${U:-http://h:80/p}', 'http://h:80/p', []],
    ['${A:-${U:?never asked}}', 'a', []],
    ['${A}}', 'a}', []],
    ['{${A}}', '{a}', []],
    ['$$A', '$A', []],
    ['$${A}', '${A}', []],
    ['$$$A', '$a', []],
    ['a$', 'a$', []],
    ['$1', '$1', []],
    ['cost: 5$ or $ 6', 'cost: 5$ or $ 6', []],
  ])('%s becomes %s', (template, value, unset) => {
    expect(fillTemplate(template, lookup)).toEqual({ ok: true, value, unset });
  });

  it.each([
    ['${U:?say it}', 'the variable `U` is required but unset or empty: say it', 'U'],
    ['${E:?}', 'the variable `E` is required but unset or empty', 'E'],
    ['${U?$A}', 'the variable `U` is required but unset: a', 'U'],
    ['${U:-${V:?deep}}', 'the variable `V` is required but unset or empty: deep', 'V'],
    ['${}', '`${}` does not start with the name of a variable', undefined],
    ['${1A}', '`${1A}` does not start with the name of a variable', undefined],
    ['${A', '`${A` has no closing brace', undefined],
    ['${A!x}', '`${A!x}` is not a form that Compose knows after `A`', undefined],
  ])('%s is refused', (template, message, required) => {
    expect(fillTemplate(template, lookup)).toEqual({ ok: false, message, ...(required === undefined ? {} : { required }) });
  });

  it('fills or refuses any text, and leaves text without a dollar sign alone', () => {
    const piece = fc.oneof(fc.constantFrom('$', '{', '}', ':-', ':?', '+', 'A', 'U', '$$', '${', '${A:-'), fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const filled = fillTemplate(text, lookup);
        if (!text.includes('$')) expect(filled).toEqual({ ok: true, value: text, unset: [] });
        else expect(typeof filled.ok).toBe('boolean');
      }),
    );
  });

  it('gives back any text whose dollar signs are doubled', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(fillTemplate(text.replaceAll('$', '$$$$'), lookup)).toEqual({ ok: true, value: text, unset: [] });
      }),
    );
  });
});
