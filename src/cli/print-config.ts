import { stringify } from 'yaml';
import type { Context } from './context.ts';
import { loadApplication, sayFindings } from './load/application.ts';

/** Prints the merged, interpolated document in Compose's own spelling. */
export async function printConfig(context: Context): Promise<number> {
  const loaded = await loadApplication(context);
  sayFindings(context, loaded);
  if (context.globals.json) context.printJson(loaded.document);
  else context.world.stdout.write(stringify(loaded.document, { lineWidth: 0, aliasDuplicateObjects: false }));
  return 0;
}
