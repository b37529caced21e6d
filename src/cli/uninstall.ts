import type { Context } from './context.ts';
import { count, list } from './format.ts';
import { removeUnit } from './install-server.ts';

/** Forgets this installation (with `purge` its apps too), then stops the server, and says what is gone and what stays. */
export async function uninstallBerth(context: Context, what: { readonly purge: boolean; readonly volumes: boolean }): Promise<number> {
  const { servers } = context.world;
  const client = await servers.ensure();
  const { removed, kept } = await client.uninstall(what);
  await servers.stop();
  const unit = await removeUnit(context);
  if (context.globals.json) {
    context.printJson({ removed: [...removed, ...unit], kept });
    return 0;
  }
  context.print(
    removed.length === 0
      ? 'berth is uninstalled; nothing on the engine was touched'
      : `removed ${count(removed.length, 'thing')}: ${list(removed)}`,
  );
  for (const file of unit) context.print(`removed ${file}`);
  if (kept.length > 0) context.print(`kept: ${list(kept)}`);
  return 0;
}
