import type { Context } from '../context.ts';
import { count, list } from '../format.ts';
import { removeUnit } from './install-server.ts';

/**
 * Stops the server for good. With `purge` all that this installation made is removed, its home too; without, apps and edge
 * keep serving, and the home stays, so that a berth installed later finds them again.
 */
export async function uninstallBerth(context: Context, what: { readonly purge: boolean; readonly volumes: boolean }): Promise<number> {
  const { servers } = context.world;
  const { directory } = await servers.home();
  const { removed, kept } = await (await servers.ensure()).uninstall(what);
  await servers.stop();
  const gone = [...removed, ...(await removeUnit(context))];
  if (what.purge) {
    await servers.forget();
    gone.push(`home ${directory}`);
  } else kept.push(`home ${directory}`);
  if (context.globals.json) context.printJson({ removed: gone, kept });
  else context.print(uninstalledText({ gone, kept, purge: what.purge }));
  return 0;
}

function uninstalledText({ gone, kept, purge }: { gone: readonly string[]; kept: readonly string[]; purge: boolean }): string {
  const lines = gone.map((thing) => `removed ${thing}`);
  if (kept.length > 0) lines.push(`kept ${list(kept)}`);
  const containers = kept.filter((thing) => thing.startsWith('container ')).length;
  if (!purge)
    lines.push(
      `the server is stopped for good; ${count(containers, 'container')} ${containers === 1 ? 'goes' : 'go'} on by ${containers === 1 ? 'itself' : 'themselves'}`,
    );
  lines.push('the program itself: npm uninstall -g berth');
  return lines.join('\n');
}
