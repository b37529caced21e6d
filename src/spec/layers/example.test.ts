import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles } from '../../../test/fakes/spec-files.ts';

const folder = new URL('../../../examples/layers/', import.meta.url);
const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]));

/** What a service gets in each environment: the table of the first seed document, with its corrections. */
const expected: readonly (readonly [what: string, dev: string, stag: string, prod: string])[] = [
  ['environment', 'dev', 'stag', 'prod'],
  [
    'image',
    'registry.example.com/log-search/web:dev',
    'registry.example.com/log-search/web:4.7.0-rc.1',
    'registry.example.com/log-search/web:4.6.1',
  ],
  ['replicas', '1', '1', '3'],
  ['memoryBytes', '536870912', '536870912', '4294967296'],
  ['LOG_LEVEL', 'INFO', 'INFO', 'ERROR'],
  ['DB_PORT', '3306', '3306', '3306'],
  ['DB_NAME', 'bklog', 'bklog', 'bklog'],
  ['REDIS_URL', 'redis://redis:6379/0', 'redis://redis:6379/0', 'redis://redis:6379/0'],
  [
    'BK_DATA_URL',
    'http://paas.example.com/t/bk_dataweb/',
    'http://paas.example.com/o/bk_dataweb/',
    'https://paas.prod.example.com/o/bk_dataweb/',
  ],
  [
    'BK_DOC_URL',
    'http://paas.example.com/o/bk_docs_center/',
    'http://paas.example.com/o/bk_docs_center/',
    'https://paas.prod.example.com/o/bk_docs_center/',
  ],
  ['MONITOR_URL', 'http://monitor.example.com', 'http://monitor.example.com', 'http://monitor.example.com'],
  ['BERTH_TOGGLE_MASK_LOGS', '0', '0', '1'],
  ['BERTH_TOGGLE_NEW_SEARCH', '1', '1', '1'],
];

async function values(variables: Readonly<Record<string, string>>, environment?: string): Promise<Record<string, string | undefined>> {
  const { project } = await loadFiles(files, { variables, environment });
  const web = project.services.find((service) => service.name === 'web');
  return {
    environment: project.environment,
    image: web?.image,
    replicas: String(web?.replicas),
    memoryBytes: String(web?.container.memoryBytes),
    ...web?.environment,
  };
}

describe('examples/layers', () => {
  it.each([
    [{}, undefined, 1],
    [{ BK_ENV: 'development' }, undefined, 1],
    [{ BK_ENV: 'testing' }, undefined, 2],
    [{ BK_ENV: 'production' }, undefined, 3],
    [{ BKPAAS_ENVIRONMENT: 'prod', BK_ENV: 'development' }, undefined, 3],
    [{ BK_ENV: 'production' }, 'stag', 2],
  ] as const)('gives with %j and -e %s what the table says', async (variables, environment, column) => {
    const found = await values(variables, environment);
    expect(Object.fromEntries(expected.map(([what]) => [what, found[what]]))).toEqual(
      Object.fromEntries(expected.map((row) => [row[0], row[column]])),
    );
  });

  it('lets the process win over files, one variable at a time', async () => {
    const found = await values({ BK_ENV: 'production', BKAPP_DOC_DATA_URL: 'markdown', BK_MONITOR_URL: 'http://m', LOG_LEVEL: 'DEBUG' });
    expect(found).toMatchObject({
      BK_DOC_URL: 'https://paas.prod.example.com/o/bk_docs_center/markdown',
      MONITOR_URL: 'http://m',
      LOG_LEVEL: 'DEBUG',
    });
  });

  it('refuses an environment that it does not know', async () => {
    expect(await failureOf(loadFiles(files, { variables: { BK_ENV: 'qa' } }))).toContain('Known here: dev, prod, stag.');
  });
});
