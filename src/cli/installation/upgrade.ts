import type { ProxyStatus, UpgradeReport } from '../../contract/index.ts';
import { askAgain } from '../ask-again.ts';
import type { Context } from '../context.ts';
import { upgradeText, type Upgraded } from '../render/upgrade-text.ts';

/** Replaces the server of an older berth, and the proxies; with `check` only says what would be. */
export async function upgradeBerth(context: Context, { check }: { readonly check: boolean }): Promise<number> {
  const { servers, version } = context.world;
  // An older berth replaces no newer server, and must not say that it would: the look ends that.
  const before = await look(context);
  const found = await servers.existing();
  const server = found === undefined ? undefined : (await found.client.status({})).version;
  if (!check) context.say('Making HAProxy’s image anew where its packages are newer, and replacing what is older than this berth');
  const result = check ? before : await replace(context);
  const all: Upgraded = {
    berth: version,
    server,
    serverReplaced: !check && server !== undefined && server !== version,
    ...result,
    proxies: result.proxies.map((now) => ({ ...now, ...changedSince(before, now) })),
  };
  if (context.globals.json) context.printJson(all);
  else context.print(upgradeText(all, check ? 'check' : 'done'));
  if (all.problem !== undefined) context.say(`warning: HAProxy's image was not made anew. ${all.problem}`);
  const refused = result.proxies.find((p) => p.refused !== undefined);
  if (check || refused === undefined) return 0;
  context.say(`error: The new HAProxy did not start, and the one before serves on. ${refused.refused ?? ''}`);
  return 1;
}

/** A server brings the proxies along when it starts: where none of this berth runs, only a look without one sees what there is. */
async function look({ world: { servers } }: Context): Promise<UpgradeReport> {
  return await askAgain(async () => {
    const own = await servers.ready();
    return own === undefined ? await servers.look() : await own.client.upgrade({ check: true });
  });
}

async function replace({ world }: Context): Promise<UpgradeReport> {
  return await askAgain(async () => (await world.servers.ensure()).upgrade({ check: false }));
}

/** What became of a proxy since the first look. One that was replaced got its configuration with that. */
function changedSince({ proxies }: UpgradeReport, now: ProxyStatus): { replaced: boolean; reconfigured: boolean } {
  const was = proxies.find((p) => p.proxy === now.proxy && p.app === now.app && p.service === now.service) ?? now;
  const replaced = now.image !== was.image || (!was.current && now.current);
  return { replaced, reconfigured: !replaced && !was.configured && now.configured };
}
