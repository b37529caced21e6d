import { BerthError } from '../../errors/index.ts';
import { parseEnvFile } from '../../spec/index.ts';

/** The secrets in the text of an env file. What is wrong is told by its line only: the text itself is secret. */
export function parseImport(bytes: Uint8Array, source: string): ReadonlyMap<string, Uint8Array> {
  const found = parseEnvFile(bytes);
  if ('line' in found)
    throw new BerthError('USAGE', `${source}:${found.line}: ${found.problem}.`, {
      hint: 'Write NAME=value, and values with `$` in single quotes.',
    });
  const odd = [...found.values].find(([name]) => !/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name));
  if (odd !== undefined)
    throw new BerthError('USAGE', `${source}: ${odd[0]} is no name for a secret.`, { hint: 'A name begins with a letter or a digit.' });
  const empty = [...found.values].find(([, value]) => value === '');
  if (empty !== undefined) throw new BerthError('USAGE', `${source}: the value of ${empty[0]} is empty.`, { hint: 'Leave the line out.' });
  if (found.values.size === 0) throw new BerthError('USAGE', `There is no NAME=value in ${source}.`);
  return new Map([...found.values].map(([name, value]) => [name, new TextEncoder().encode(value)]));
}
