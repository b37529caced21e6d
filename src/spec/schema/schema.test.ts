import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keyRows } from './rows.ts';
import { toJsonSchema } from './json-schema.ts';
import { referencePage } from './reference.ts';

const rows = keyRows();

/** Keys whose inside has no effect and is not looked into. */
const opaque = ['develop', 'models', 'provider', 'extends', 'credential_spec', 'pre_start'].map((key) => `services.*.${key}`);
const opaqueTop = ['include', 'models', 'jobs'];

describe('the table of keys', () => {
  it('has a row for every key of the official schema', () => {
    const known = new Set(rows.map((row) => row.path));
    const official = readFileSync(new URL('compose-keys.txt', import.meta.url), 'utf8').split('\n');
    const paths = official.filter((line) => line !== '' && !line.startsWith('#'));
    const missing = paths.filter(
      (path) => !known.has(path) && !opaque.some((key) => path.startsWith(key)) && !opaqueTop.some((key) => path.startsWith(`${key}`)),
    );
    expect(paths.length).toBeGreaterThan(300);
    expect(missing).toEqual([]);
  });

  it('says of each key in a sentence what berth does with it', () => {
    for (const row of rows) expect(row.how, row.path).toMatch(/^[A-Z`].*\.$/);
  });

  it('leaves only the agreed keys of a service without effect', () => {
    const idle = rows.filter((row) => row.effect === 'reported' && /^services\.\*\.[a-z_]+$/.test(row.path)).map((row) => row.path);
    expect(idle.map((path) => path.slice('services.*.'.length))).toEqual(['credential_spec', 'isolation', 'develop', 'models', 'provider']);
  });
});

describe('what is made from it', () => {
  it('is the reference page of the docs, up to date', () => {
    const file = new URL('../../../docs/reference/compose.md', import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(referencePage());
    expect(referencePage().match(/^\| `.*$/gm)).toHaveLength(rows.length);
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
