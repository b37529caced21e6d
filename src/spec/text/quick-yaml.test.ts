import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Problems } from '../problem.ts';
import type { Node } from './node.ts';
import { quickYaml } from './quick-yaml.ts';
import { parseWhole } from './yaml-tree.ts';
import { toYaml } from './yaml-write.ts';

/** A node with its places as plain data. */
function shape(node: Node): unknown {
  if (node.kind === 'scalar') return [node.mark.offset, node.value];
  if (node.kind === 'list') return [node.mark.offset, node.items.map(shape)];
  return [node.mark.offset, [...node.entries].map(([key, entry]) => [key, entry.key.offset, shape(entry.value)])];
}

/** What both readers make of a text; the quick one may have nothing to say. */
function both(text: string): { quick: unknown; whole: unknown } {
  const source = { file: 'x', text };
  const problems = new Problems();
  const [whole] = parseWhole(source, problems) ?? [];
  const quick = quickYaml(source);
  return {
    quick: quick === undefined ? undefined : shape(quick),
    whole: whole === undefined || problems.errors.length > 0 ? 'nothing' : shape(whole),
  };
}

describe('quickYaml', () => {
  it.each([
    'a: 1\nb: text with spaces # comment\nc:\n  - x\n  - "y: z"\n  - {k: v, "l": [1, two]}\nd: {}\ne: []\n',
    "a:\n- 1\n- k: v\n  l:\n    m: n\n- \"q\"\nb: 'it''s'\n",
    '# head\n\nservices:\n  web:\n    image: a:1\n    ports: ["80:80", 81]\n    command: echo "a" b\n    x: -1\n    y: http://x/#y\n    z:\n    last: ~\n',
    'a: "\\n\\t\\"\\u00e9"\r\nb: x\r\n\r\nc:\r\n  d: 1\r\n',
    'a:\n    deep:\n        - b: 1\n          c: 2\n        # comment\n        -   d: 3\n            e: 4\n',
  ])('reads %j as the whole parser does', (text) => {
    const { quick, whole } = both(text);
    expect(quick).toBeDefined();
    expect(quick).toEqual(whole);
  });

  it.each([
    'a: &x 1',
    'a: *x',
    'a: |\n  x\n',
    'a: x\n  y\n',
    'a: !reset []',
    '--- \na: 1',
    '- a',
    'a: 1\na: 2',
    '1: a',
    'a:\n\t- x',
    'a: [x',
    'a: "x',
    'a: b: c',
    '<<: {a: b}',
    'true: x',
    'a: [b, ]',
    'a:\n  - - x',
    '',
  ])('leaves %j to the whole parser', (text) => expect(quickYaml({ file: 'x', text })).toBeUndefined());

  it('agrees with the whole parser about any text that it reads', () => {
    const pieces = [
      'a',
      'b',
      'key',
      ':',
      ': ',
      '\n',
      '\n  ',
      '\n    ',
      '- ',
      '-',
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      ', ',
      '#',
      ' #',
      ' ',
      '1',
      '0x1',
      'true',
      '~',
      '\\',
      '\\n',
      '&',
      '*',
      '|',
      '?',
      '\r\n',
      'é',
      '<<',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 24 }), (parts) => {
        const { quick, whole } = both(parts.join(''));
        if (quick !== undefined) expect(quick).toEqual(whole);
      }),
      { numRuns: 4000 },
    );
  });

  it('agrees with the whole parser about files that people write', () => {
    const examples = new URL('../../../examples/', import.meta.url);
    const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\.ya?ml$/.test(name) && !name.includes('node_modules'),
    );
    expect(files.length).toBeGreaterThan(3);
    for (const name of files) {
      const { quick, whole } = both(readFileSync(new URL(name, examples), 'utf8'));
      if (quick !== undefined) expect(quick, name).toEqual(whole);
    }
  });
});

describe('toYaml', () => {
  it('is read back as what it was, by both readers', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom(
        'yes',
        'on',
        '1e3',
        '0x1f',
        '12:30',
        '2001-01-01',
        '- a',
        'a: b',
        ' a',
        'a ',
        '',
        '#',
        '~',
        'null',
        '<<',
        '.5',
        '+1',
        '1_000',
        '=',
        'a\nb',
      ),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('yes', '1', 'a b')), tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (data) => {
        const plain = JSON.parse(JSON.stringify(data ?? null)) as never;
        const text = toYaml(plain);
        expect(parse(text), text).toEqual(plain);
        expect(parse(text, { version: '1.1' }), text).toEqual(plain);
      }),
    );
  });

  it('is plain where that is safe', () => {
    expect(toYaml({ a: 'b c', list: [{ k: 1, l: ['x'] }, [], 'y: z'], url: 'http://x:80/y', empty: {} })).toBe(
      'a: b c\nlist:\n  - k: 1\n    l:\n      - x\n  - []\n  - "y: z"\nurl: http://x:80/y\nempty: {}\n',
    );
  });
});
