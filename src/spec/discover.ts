import path from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { Problems } from './problem.ts';
import { hasFile, type Reader } from './reader.ts';

const baseNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** What decides which files are read. */
export type DiscoverInput = {
  readonly directory: string;
  readonly files: readonly string[];
  readonly environment?: string | undefined;
  /** The process environment and what `.env` of the start directory adds. */
  readonly variables: Readonly<Record<string, string>>;
  readonly reader: Reader;
};

/** The files of an application, lowest layer first, and the directory that its relative paths start from. */
export type Discovered = { readonly files: readonly string[]; readonly directory: string; readonly named: boolean };

/** Finds the files as Compose does: `-f`, `COMPOSE_FILE`, else a known name here or in a directory above, with its overlay. */
export async function discoverFiles(input: DiscoverInput): Promise<Discovered> {
  const named = input.files.length > 0 ? input.files : filesOfVariable(input.variables);
  if (named.length > 0) {
    const files = named.map((file) => path.resolve(input.directory, file));
    return { files, directory: path.dirname(files[0] ?? input.directory), named: true };
  }
  for (let directory = path.resolve(input.directory); ; directory = path.dirname(directory)) {
    const base = await firstThere(input.reader, directory, baseNames);
    if (base !== undefined) {
      const overlay = await firstThere(input.reader, directory, overlayNames(input.environment));
      return { files: overlay === undefined ? [base] : [base, overlay], directory, named: false };
    }
    if (directory === path.dirname(directory)) break;
  }
  throw new BerthError('FILE_NOT_FOUND', `No Compose file was found in ${input.directory} or above it.`, {
    hint: 'Run `berth init` to write one, or name one with `-f`.',
  });
}

/** Names that a file of an environment may have, or of the override without one. */
export function overlayNames(environment: string | undefined): string[] {
  const middle = environment ?? 'override';
  return ['compose', 'docker-compose'].flatMap((stem) =>
    environment === undefined ? [`${stem}.${middle}.yml`, `${stem}.${middle}.yaml`] : [`${stem}.${middle}.yaml`, `${stem}.${middle}.yml`],
  );
}

function filesOfVariable(variables: Readonly<Record<string, string>>): string[] {
  const value = variables['COMPOSE_FILE'];
  if (value === undefined || value === '') return [];
  const separator = variables['COMPOSE_PATH_SEPARATOR'];
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
  input: { readonly environment: string; readonly hasVariables: boolean; readonly reader: Reader; readonly problems: Problems },
): Promise<void> {
  const { environment } = input;
  const own = found.files.some((file) => path.basename(file).split('.').includes(environment));
  if (own || input.hasVariables) return;
  const known = await knownEnvironments(found.directory, input.reader);
  input.problems.errors.push({
    code: 'FILE_NOT_FOUND',
    file: `compose.${environment}.yaml`,
    message: `the environment \`${environment}\` has no file of its own: neither this one nor .env.${environment} is in ${found.directory}`,
    hint: known.length === 0 ? `Write one of the two, or leave \`-e ${environment}\` out.` : `Known here: ${known.join(', ')}.`,
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
