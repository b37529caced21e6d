import fc from 'fast-check';
import { oneOf, quoted, type Yaml } from './yaml.ts';

/** What is set where a generated project is read. */
export const variables: Readonly<Record<string, string>> = { A: 'a', EMPTY: '', N: '3', T: 'true', S: 'two words', D: '$A', Q: '"quoted"' };

const plain = oneOf('x', 'y-z', 'a.b', 'true', 'False', 'yes', 'no', 'on', 'off', 'y', 'null', 'Null', '~', 'NULL');
const numbers = oneOf(
  '0',
  '1',
  '-1',
  '+1',
  '007',
  '0440',
  '0o17',
  '0x1F',
  '0b101',
  '1_000',
  '1e3',
  '1.0',
  '1.50',
  '-.5',
  '.5',
  '1.',
  '1e-7',
  '1e21',
  '12345678901234567890',
);
const looksLike = oneOf('12:30', '22:22', '1.2.3', '2024-01-01T', '0x', '08', '1-1', '--x', 'a:b', 'a#b', '=');

const fragment = fc.constantFrom(
  'a',
  'B',
  '1',
  ' ',
  '-',
  '_',
  '.',
  '/',
  ':',
  ',',
  '=',
  '#',
  "'",
  '"',
  '\\',
  '{',
  '}',
  '%',
  '@',
  'é',
  '$$',
  '\t',
  '*',
);
const text = fc.array(fragment, { maxLength: 6 }).map((parts) => parts.join(''));

const name = fc.constantFrom('A', 'EMPTY', 'N', 'T', 'S', 'D', 'Q', 'UNSET');
const simple = fc.oneof(
  name.map((n) => `$${n}`),
  name.map((n) => `\${${n}}`),
);
const template: fc.Arbitrary<string> = fc.oneof(
  simple,
  fc
    .tuple(name, fc.constantFrom(':-', ':+', '+'), fc.oneof(fc.constantFrom('', 'd', 'x y', 'a:b', 'a-b'), simple))
    .map(([n, o, d]) => `\${${n}${o}${d}}`),
);
const templated = fc
  .array(fc.oneof(template, fc.constantFrom('-', 'x', ' ', '$$', '$$$$', '$', '$1')), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));

/** A value as people write it in `environment`: quoted, plain, numbers of every spelling, templates. */
export const anyScalar: fc.Arbitrary<Yaml> = fc.oneof(
  plain,
  numbers,
  looksLike,
  text.map(quoted),
  templated.map(quoted),
  text.map((t) => `'${t.replaceAll("'", "''")}'`),
);

/** A text that is one, whatever it looks like. */
export const anyText: fc.Arbitrary<Yaml> = fc.oneof(text.map(quoted), templated.map(quoted), oneOf('x', 'y-z', 'a.b'));

/** A word without anything special. */
export const word = fc.constantFrom('a', 'b', 'c-d', 'e_f', 'g.h', 'KEY', 'com.example.x');

/** A whole number within bounds. */
export function integer(min: number, max: number): fc.Arbitrary<Yaml> {
  return fc.oneof({ weight: 5, arbitrary: fc.integer({ min, max }).map(String) }, { weight: 1, arbitrary: fc.constant('"${N}"') });
}

/** `true`, `false`, and what becomes one. */
export const flag: fc.Arbitrary<Yaml> = oneOf('true', 'false', '"${T}"', 'True', '"false"');

/** A time. */
export const duration: fc.Arbitrary<Yaml> = oneOf('1s', '90s', '1m30s', '1.5s', '500ms', '2h', '1h0m1s', '100us', '"10s"', '0s', '1500ms');

/** A size. */
export const size: fc.Arbitrary<Yaml> = oneOf('64m', '1g', '512M', '1.5gb', '100k', '2048', '"1024"', '10b', '1GB', '64MB');

/** A fraction. */
export const fraction: fc.Arbitrary<Yaml> = oneOf('0.5', '1', '"1.5"', '2.25', '"0.001"', '.5');

/** Words of a command line, or a list. */
export const command: fc.Arbitrary<Yaml> = fc.oneof(
  oneOf('run', '"a b  c"', `"sh -c 'echo $$X y'"`, '"a \\"b c\\" d"', '"a\\\\ b"', "'it\\''s'", '""', '[]', '"${S}"', `"echo ''"`),
  fc.array(anyText, { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
);
