import type { Client } from '../../client/index.ts';
import type { UpgradeReport } from '../../contract/index.ts';
import { askAgain } from '../ask-again.ts';
import type { Context } from '../context.ts';
import { upgradeText, type Upgraded } from '../render/upgrade-text.ts';

/** Replaces the server of an older berth, and the proxies; with `check` only says what would be. */
export async function upgradeBerth(context: Context, { check }: { readonly check: boolean }): Promise<number> {
  const { servers, version } = context.world;
  // An older berth replaces no newer server, and must not say that it would.
  const own = await servers.ready();
  const found = await servers.existing();
  const server = found === undefined ? undefined : (await found.client.status({})).version;
  if (!check) context.say('Making HAProxy’s image anew where its packages are newer, and replacing what is older than this berth');
  const result = check ? await (own ?? (await lookedAt(context))).client.upgrade({ check }) : await replace(context);
  const all: Upgraded = { berth: version, server, serverReplaced: !check && server !== undefined && server !== version, ...result };
  if (context.globals.json) context.printJson(all);
  else context.print(upgradeText(all, check ? 'check' : 'done'));
  if (all.problem !== undefined) context.say(`warning: HAProxy's image was not made anew. ${all.problem}`);
  const refused = result.proxies.find((p) => p.refused !== undefined);
  if (check || refused === undefined) return 0;
  context.say(`error: The new HAProxy did not start, and the one before serves on. ${refused.refused ?? ''}`);
  return 1;
}

/** A server of an older berth is not replaced for a look: what it says of its own proxies is all that can be known. */
async function lookedAt({ world }: Context): Promise<{ readonly client: Pick<Client, 'upgrade'> }> {
  return (await world.servers.existing()) ?? { client: await world.servers.ensure() };
}

async function replace({ world }: Context): Promise<UpgradeReport> {
  return await askAgain(async () => (await world.servers.ensure()).upgrade({ check: false }));
}
