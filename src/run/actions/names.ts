import { labels, type Action } from '../../model/index.ts';
import type { ContainerRequest } from '../../plan/container/index.ts';
import type { ContainerDetails } from '../../ports/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { ensureAddress, isOwnNetwork } from '../target/addressing.ts';
import { endpointsFor } from '../target/container-for.ts';
import { needInstance } from '../target/instances.ts';

type NameAction = Extract<Action, { kind: 'instance.name' }>;
type Endpoint = ContainerRequest['connect'][number];

/**
 * Lets an instance go without the names of its service, which its front has: it leaves networks and joins them again at the
 * same address. Connections outlive it: the engine makes the hardware address from the network's one, so for them it is a
 * moment without answer, and the instance is paused, so that its own calls do not fail in it.
 */
export async function leaveNames(ctx: RunContext, action: NameAction, signal: AbortSignal): Promise<void> {
  const { service, instance } = action;
  const details = await needAwake(ctx, instance, signal);
  const front = ctx.store.getFront(ctx.app, service)?.networks.map((n) => n.name) ?? [];
  const written = networksInRelease(ctx, { service, release: Number(details.labels[labels.release]) });
  for (const name of front.filter((n) => isOwnNetwork(ctx, n) && written.includes(n))) {
    const there = details.networks[name];
    if (there?.aliases.every((alias) => alias === instance || details.id.startsWith(alias)) === true) continue;
    const address = there === undefined || there.address === '' ? ensureAddress(ctx, name, instance) : there.address;
    const fixed = address === undefined ? {} : { IPAMConfig: { IPv4Address: address } };
    await joinAnew(ctx, details, { network: name, endpoint: { Aliases: [], ...fixed } }, signal);
  }
}

/** The networks that a release has a service on, by their engine names. */
function networksInRelease(ctx: RunContext, of: { readonly service: string; readonly release: number }): string[] {
  const project = ctx.store.getRelease(ctx.app, of.release)?.project;
  const joined = project?.services.find((s) => s.name === of.service)?.networks ?? [];
  return joined.map((a) => project?.networks.find((n) => n.key === a.network)?.name ?? a.network);
}

/** Joins the networks on which an instance has not the names of its service as it would join them if it were created now. */
export async function takeNamesBack(ctx: RunContext, side: Side, action: NameAction, signal: AbortSignal): Promise<void> {
  const details = await needAwake(ctx, action.instance, signal);
  for (const { network, endpoint } of await endpointsFor(ctx, side, action, signal)) {
    const there = details.networks[network];
    const lacks = (alias: string): boolean => there?.aliases.includes(alias) !== true;
    if (there !== undefined && endpoint.Aliases?.some(lacks) !== true) continue;
    await joinAnew(ctx, details, { network, endpoint }, signal);
  }
}

/** An instance that does not stay paused by a server that died while it changed the instance's networks. */
async function needAwake(ctx: RunContext, instance: string, signal: AbortSignal): Promise<ContainerDetails> {
  const details = await needInstance(ctx, instance, signal);
  if (details.state === 'paused') await ctx.target.engine.unpauseContainer(details.id, signal);
  return details;
}

/** A container's endpoint cannot be changed: it leaves the network, if it is on it, and joins it in the other way. */
async function joinAnew(ctx: RunContext, { id, networks }: ContainerDetails, to: Endpoint, signal: AbortSignal): Promise<void> {
  const { engine } = ctx.target;
  const { network, endpoint } = to;
  if (networks[network] === undefined) await engine.connectNetwork(network, id, endpoint, signal);
  else await engine.rejoinNetwork(network, id, { endpoint, frozen: id, signal });
}
