import path from 'node:path';
import { checkEnvironment, discoverFiles, findOverlay, type Discovered } from '../discover.ts';
import { askedEnvironment, environmentOfFiles } from '../environments.ts';
import { absence } from '../reader.ts';
import type { MapNode } from '../text/node.ts';
import type { Variables } from '../variables.ts';
import { readLayers, type Reading } from './reading.ts';

type Input = {
  readonly directory: string;
  readonly files: readonly string[];
  readonly environment?: string | undefined;
  readonly envFiles: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
};

/** The files of an application with those of its environment. */
export type Found = Discovered & { readonly environment: string | undefined };

/** Finds the files and reads the env files that belong to them; a variable that a file names may choose the environment. */
export async function findFiles(input: Input, variables: Variables, reading: Reading): Promise<Found> {
  const first = input.files[0];
  const start = first === undefined ? input.directory : path.dirname(path.resolve(input.directory, first));
  for (const file of input.envFiles) await variables.add(path.resolve(input.directory, file), 'named');
  const readsDefault = input.envFiles.length === 0 && variables.readsDefault;
  if (readsDefault) await variables.add(path.join(start, '.env'), 'optional');
  const asked = askedEnvironment(input.environment, input.variables['BERTH_ENV']);
  if (asked !== undefined) await variables.add(path.join(start, `.env.${asked.name}`), 'optional');
  const base = await discoverFiles({ directory: input.directory, files: input.files, lookup: variables.get, reader: reading.reader });
  if (asked !== undefined) await variables.add(path.join(base.directory, `.env.${asked.name}`), 'below');
  if (readsDefault) await variables.add(path.join(base.directory, '.env'), 'below');
  const chosen = asked ?? environmentOfFiles(await layersOf(base, reading), variables.get, reading.problems);
  const overlay = await findOverlay(base, chosen?.name, reading.reader);
  const found = overlay === undefined ? base : { ...base, files: [...base.files, overlay] };
  if (chosen !== undefined) {
    const ofFile = await variables.add(path.join(base.directory, `.env.${chosen.name}`), 'optional');
    const hasVariables = ofFile || (await variables.add(path.join(start, `.env.${chosen.name}`), 'optional'));
    await checkEnvironment(found, { chosen, hasVariables, reader: reading.reader, problems: reading.problems });
  }
  return { ...found, environment: chosen?.name };
}

/** The documents of the files, lowest first. */
export async function layersOf(found: Discovered, reading: Reading): Promise<MapNode[]> {
  const layers: MapNode[] = [];
  for (const file of found.files) layers.push(...((await readLayers(file, reading)) ?? []));
  return layers;
}

/** Reports every file that was named and is not there. */
export async function reportAbsent(found: Discovered, reading: Reading): Promise<void> {
  for (const file of found.files) {
    if ((await readLayers(file, reading)) !== undefined) continue;
    const message = `the file (\`${found.named ?? file}\`) ${await absence(reading.reader, file)}`;
    reading.problems.errors.push({ code: 'FILE_NOT_FOUND', file: reading.show(file), message });
  }
}
