import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../kit/index.ts';
import { asInService } from './idle-keys.ts';
import { keyRows } from './rows.ts';
import { toJsonSchema } from './json-schema.ts';
import { referencePage } from './reference.ts';

const rows = keyRows();

/** The official schema, as it is in the module of the version below (`src/spec/schema/compose-spec.json`; Apache-2.0). */
const official = {
  version: 'github.com/compose-spec/compose-go/v2 v2.16.2',
  sha256: 'f266dcbb043229405d7cedd5aec918f9102c2b3d5e3850808fdd8edd564a43ff',
};

type Schema = {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
};

/** Every key of a JSON Schema as a path: `*` is a name of the user's, `[]` an item of a list. */
function pathsOf(root: Schema): Set<string> {
  const paths = new Set<string>();
  const visit = (schema: Schema, path: string): void => {
    if (schema.$ref !== undefined) visit(root.$defs?.[schema.$ref.replace('#/$defs/', '')] ?? {}, path);
    for (const part of [schema.oneOf, schema.anyOf, schema.allOf].flatMap((parts) => parts ?? [])) visit(part, path);
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      const here = path === '' ? key : `${path}.${key}`;
      paths.add(here);
      visit(value, here);
    }
    for (const [pattern, value] of Object.entries(schema.patternProperties ?? {})) if (pattern !== '^x-') visit(value, `${path}.*`);
    if (typeof schema.additionalProperties === 'object') visit(schema.additionalProperties, `${path}.*`);
    if (schema.items !== undefined) visit(schema.items, `${path}[]`);
  };
  visit(root, '');
  return paths;
}

/** Where whole containers are described again, their keys are those of a service. */
function asService(path: string): string {
  return path.replace(/^(?:jobs\.\*|services\.\*\.pre_start\[\])\./, 'services.*.');
}

describe('the table of keys', () => {
  it('has a row for every key of the official schema', () => {
    const text = readFileSync(new URL('compose-spec.json', import.meta.url));
    expect(sha256(text), official.version).toBe(official.sha256);
    const known = new Set(rows.map((row) => row.path));
    const paths = pathsOf(JSON.parse(text.toString()));
    const missing = [...paths].filter((path) => !known.has(path) && !known.has(asService(path)));
    expect(paths.size).toBeGreaterThan(600);
    expect(missing).toEqual([]);
    // The keys at the start of a container are known in all three places, not only in a service.
    const own = [...paths].filter((path) => /^(?:jobs\.\*|services\.\*\.pre_start\[\])\.[^.[]+$/.test(path));
    expect(own.filter((path) => !known.has(path))).toEqual([]);
  });

  it('says of each key in a sentence what berth does with it', () => {
    for (const row of rows) expect(row.how, row.path).toMatch(/^[A-Z`].*\.$/);
  });

  it('leaves only the agreed keys of a service without effect', () => {
    const idle = rows.filter((row) => row.effect === 'reported' && /^services\.\*\.[a-z_]+$/.test(row.path)).map((row) => row.path);
    expect(idle.map((path) => path.slice('services.*.'.length))).toEqual([
      'umask',
      'credential_spec',
      'isolation',
      'develop',
      'models',
      'provider',
    ]);
  });
});

describe('what is made from it', () => {
  it('is the reference page of the docs, up to date', () => {
    const file = new URL('../../../docs/reference/compose.md', import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(referencePage());
    expect(referencePage().match(/^\| `.*$/gm)).toHaveLength(rows.filter((row) => row.how !== asInService).length);
  });

  it('is a JSON Schema with every key and its description', () => {
    const text = JSON.stringify(toJsonSchema());
    expect(JSON.parse(text)).toMatchObject({
      properties: { services: { additionalProperties: { properties: { image: { type: 'string' }, 'x-berth': { type: 'object' } } } } },
      additionalProperties: false,
    });
    expect(text).toContain('No effect: For `docker compose watch`.');
  });
});
