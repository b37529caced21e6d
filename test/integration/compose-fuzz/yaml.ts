import fc from 'fast-check';

/** A piece of YAML in flow style. */
export type Yaml = string;

/** A text in double quotes, which YAML reads as JSON does. */
export function quoted(text: string): Yaml {
  return JSON.stringify(text);
}

/** A mapping of what is there. */
export function mapping(entries: Readonly<Record<string, Yaml | undefined>>): Yaml {
  const parts = Object.entries(entries).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`]));
  return `{${parts.join(', ')}}`;
}

/** A sequence. */
export function sequence(items: readonly Yaml[]): Yaml {
  return `[${items.join(', ')}]`;
}

/** One of some texts. */
export function oneOf(...texts: readonly Yaml[]): fc.Arbitrary<Yaml> {
  return fc.constantFrom(...texts);
}

/** A sequence of one to some items. */
export function some(item: fc.Arbitrary<Yaml>, max = 3): fc.Arbitrary<Yaml> {
  return fc.array(item, { minLength: 1, maxLength: max }).map(sequence);
}

/** A mapping of which each key may be left out. */
export function partly(keys: Readonly<Record<string, fc.Arbitrary<Yaml>>>, required: readonly string[] = []): fc.Arbitrary<Yaml> {
  const each = Object.entries(keys).map(([key, value]) =>
    (required.includes(key) ? value : fc.option(value, { nil: undefined, freq: 2 })).map((text) => [key, text] as const),
  );
  return fc.tuple(...each).map((entries) => mapping(Object.fromEntries(entries)));
}

/** A mapping of one to some names, each once. */
export function named(name: fc.Arbitrary<string>, value: fc.Arbitrary<Yaml>, max = 3): fc.Arbitrary<Yaml> {
  return fc
    .uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, minLength: 1, maxLength: max })
    .map((entries) => mapping(Object.fromEntries(entries)));
}
