import { Buffer } from 'node:buffer';
import type { Context } from '../context.ts';
import { scopeText, type Scope } from './scope.ts';

/** Sends values to the server, and says what became of each. */
export async function setSecrets(
  context: Context,
  values: ReadonlyMap<string, Uint8Array>,
  { scope, known }: { readonly scope: Scope; readonly known: boolean },
): Promise<number> {
  const client = await context.world.servers.ensure();
  const encoded = Object.fromEntries([...values].map(([name, value]) => [name, Buffer.from(value).toString('base64')]));
  const secrets = await client.setSecrets({ ...scope, values: encoded, known });
  if (context.globals.json) {
    context.printJson({ ...scope, secrets });
    return 0;
  }
  for (const { name, version, changed } of secrets)
    context.print(`${name} of ${scopeText(scope)}: version ${version}${changed ? '' : ' (it has this value already)'}`);
  if (secrets.some((secret) => secret.changed && secret.version > 1))
    context.say('Releases keep the version that they were made with: `berth up` makes one with the newest.');
  return 0;
}
