import type { Action } from '../../model/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { endpointsFor } from '../target/container-for.ts';
import { needInstance } from '../target/instances.ts';

/**
 * Lets an instance go without the names of its service: it leaves networks and joins them again at the same address.
 * Connections outlive it: the engine makes the hardware address from the network's one, so for them it is a moment without
 * answer.
 */
export async function giveUpNames(ctx: RunContext, instance: string, networks: readonly string[], signal: AbortSignal): Promise<void> {
  const { engine } = ctx.target;
  const details = await needInstance(ctx, instance, signal);
  for (const name of networks) {
    const there = details.networks[name];
    if (there === undefined || there.address === '') continue;
    if (there.aliases.every((alias) => alias === instance || details.id.startsWith(alias))) continue;
    await engine.disconnectNetwork(name, details.id, signal);
    await engine.connectNetwork(name, details.id, { Aliases: [], IPAMConfig: { IPv4Address: there.address } }, signal);
  }
}

/** Joins the networks on which an instance has not the names of its service as it would join them if it were created now. */
export async function takeNamesBack(
  ctx: RunContext,
  side: Side,
  action: Extract<Action, { kind: 'instance.name' }>,
  signal: AbortSignal,
): Promise<void> {
  const { engine } = ctx.target;
  const details = await needInstance(ctx, action.instance, signal);
  for (const { network, endpoint } of await endpointsFor(ctx, side, action, signal)) {
    const there = details.networks[network];
    const lacks = (alias: string): boolean => there?.aliases.includes(alias) !== true;
    if (there !== undefined && endpoint.Aliases?.some(lacks) !== true) continue;
    if (there !== undefined) await engine.disconnectNetwork(network, details.id, signal);
    await engine.connectNetwork(network, details.id, endpoint, signal);
  }
}
