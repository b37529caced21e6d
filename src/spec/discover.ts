import path from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { Chosen } from './environments.ts';
import type { Problems } from './problem.ts';
import { hasFile, type Reader } from './reader.ts';

const baseNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** What decides which files are read. */
type DiscoverInput = {
  readonly directory: string;
  readonly files: readonly string[];
  /** The process environment and what `.env` of the start directory adds. */
  readonly lookup: (name: string) => string | undefined;
  readonly reader: Reader;
};

/** The files of an application without an environment's own, lowest layer first, and what its relative paths start from. */
export type Discovered = {
  readonly files: readonly string[];
  readonly directory: string;
  /** Who named the files; an overlay is only looked for where nobody did. */
  readonly named: '-f' | 'COMPOSE_FILE' | undefined;
};

/** Finds the files as Compose does: `-f`, `COMPOSE_FILE`, else a known name here or in a directory above. */
export async function discoverFiles(input: DiscoverInput): Promise<Discovered> {
  const listed = input.files.length > 0 ? input.files : filesOfVariable(input.lookup);
  if (listed.length > 0) {
    const files = listed.map((file) => path.resolve(input.directory, file));
    return { files, directory: path.dirname(files[0] ?? input.directory), named: input.files.length > 0 ? '-f' : 'COMPOSE_FILE' };
  }
  for (let directory = path.resolve(input.directory); ; directory = path.dirname(directory)) {
    const base = await firstThere(input.reader, directory, baseNames);
    if (base !== undefined) return { files: [base], directory, named: undefined };
    if (directory === path.dirname(directory)) break;
  }
  throw new BerthError('FILE_NOT_FOUND', `No Compose file was found in ${input.directory} or above it.`, {
    hint: 'Run `berth init` to write one, or name one with `-f`.',
  });
}

/** The file of the environment, or without one the override, beside files that nobody named. */
export async function findOverlay(found: Discovered, environment: string | undefined, reader: Reader): Promise<string | undefined> {
  return found.named === undefined ? firstThere(reader, found.directory, overlayNames(environment)) : undefined;
}

/** Names that a file of an environment may have, or of the override without one. */
function overlayNames(environment: string | undefined): string[] {
  const middle = environment ?? 'override';
  return ['compose', 'docker-compose'].flatMap((stem) =>
    environment === undefined ? [`${stem}.${middle}.yml`, `${stem}.${middle}.yaml`] : [`${stem}.${middle}.yaml`, `${stem}.${middle}.yml`],
  );
}

function filesOfVariable(lookup: DiscoverInput['lookup']): string[] {
  const value = lookup('COMPOSE_FILE');
  if (value === undefined || value === '') return [];
  const separator = lookup('COMPOSE_PATH_SEPARATOR');
  return value.split(separator === undefined || separator === '' ? ':' : separator).filter((file) => file !== '');
}

async function firstThere(reader: Reader, directory: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const file = path.join(directory, name);
    if (await hasFile(reader, file)) return file;
  }
  return undefined;
}

/** Reports a chosen environment that has no file of its own, and names those that have one. */
export async function checkEnvironment(
  found: Discovered,
  input: { readonly chosen: Chosen; readonly hasVariables: boolean; readonly reader: Reader; readonly problems: Problems },
): Promise<void> {
  const { name, by } = input.chosen;
  const own = found.files.some((file) => path.basename(file).split('.').includes(name));
  if (own || input.hasVariables) return;
  const known = await knownEnvironments(found.directory, input.reader);
  input.problems.errors.push({
    code: 'FILE_NOT_FOUND',
    file: `compose.${name}.yaml`,
    message: `the environment \`${name}\` (\`${by}\`) has no file of its own: neither this one nor .env.${name} is in ${found.directory}`,
    hint: known.length === 0 ? 'Write one of the two, or choose no environment.' : `Known here: ${known.join(', ')}.`,
  });
}

async function knownEnvironments(directory: string, reader: Reader): Promise<string[]> {
  const names = (await reader.list?.(directory)) ?? [];
  const found = names.flatMap((name) => {
    const match = /^(?:docker-)?compose\.([^.]+)\.ya?ml$/.exec(name) ?? /^\.env\.([^.]+)$/.exec(name);
    return match?.[1] === undefined || match[1] === 'override' ? [] : [match[1]];
  });
  return [...new Set(found)].toSorted();
}
