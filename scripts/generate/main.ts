import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generateCliReference } from '../../src/cli/index.ts';
import { api } from '../../src/contract/index.ts';
import { catalogue } from '../../src/errors/index.ts';
import { checksPage, referencePage, toJsonSchema } from '../../src/spec/index.ts';
import { apiPage } from './api-page.ts';
import { errorsPage } from './errors-page.ts';

/** Every file that is made from code, and how. */
const files: Readonly<Record<string, () => string>> = {
  'docs/reference/errors.md': () => errorsPage(catalogue),
  'docs/reference/api.md': () => apiPage(Object.entries(api)),
  'docs/reference/cli.md': generateCliReference,
  'docs/reference/checks.md': () => checksPage(),
  'docs/reference/compose.md': () => referencePage(),
  'docs/reference/compose.schema.json': () => `${JSON.stringify(toJsonSchema(), null, 2)}\n`,
};

/** Writes the files, or with `--check` only says which are stale. */
function main(root: string, args: readonly string[]): number {
  const stale = Object.entries(files).filter(([file, make]) => read(path.join(root, file)) !== make());
  if (args.includes('--check')) {
    for (const [file] of stale) console.log(`${file} is stale: run \`npm run generate\``);
    return stale.length === 0 ? 0 : 1;
  }
  for (const [file, make] of stale) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), make());
    console.log(`wrote ${file}`);
  }
  return 0;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

process.exitCode = main(path.resolve(import.meta.dirname, '../..'), process.argv.slice(2));
