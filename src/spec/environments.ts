import { projectEnvironments } from './schema/environments.ts';
import { child, entriesOf, isNull, itemsOf, type MapNode } from './text/node.ts';
import { scalarText } from './text/scalar.ts';
import type { Lookup } from './text/template.ts';
import type { Problems } from './problem.ts';
import { fitsOrReports } from './validate.ts';

/** The environment that is loaded, and what chose it: a flag, a variable, or the file. */
export type Chosen = { readonly name: string; readonly by: string };

/** The environment that is asked for: `-e`, else `BERTH_ENV`. */
export function askedEnvironment(flag: string | undefined, variable: string | undefined): Chosen | undefined {
  if (flag !== undefined && flag !== '') return { name: flag, by: '-e' };
  return variable === undefined || variable === '' ? undefined : { name: variable, by: 'BERTH_ENV' };
}

/**
 * The environment that `x-berth.environments` of the files chooses: the first of its variables that is set, through its
 * map, else its default. It is read before anything is filled in or merged, since it decides what is.
 */
export function environmentOfFiles(layers: readonly MapNode[], lookup: Lookup, problems: Problems): Chosen | undefined {
  const written = layers.map((layer) => child(layer, 'x-berth', 'environments')).findLast((node) => !isNull(node));
  // The merged file is checked later, with every other key.
  if (written === undefined || !fitsOrReports(written, projectEnvironments, 'x-berth.environments', problems)) return undefined;
  const names = entriesOf(child(written, 'map'));
  for (const item of itemsOf(child(written, 'from'))) {
    const variable = item.kind === 'scalar' ? scalarText(item.value) : '';
    const value = lookup(variable);
    if (value === undefined || value === '') continue;
    const mapped = names.find(([key]) => key === value)?.[1].value;
    return { name: mapped?.kind === 'scalar' ? scalarText(mapped.value) : value, by: variable };
  }
  const standard = child(written, 'default');
  return standard?.kind === 'scalar' && standard.value !== null
    ? { name: scalarText(standard.value), by: 'x-berth.environments' }
    : undefined;
}
