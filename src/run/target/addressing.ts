import { BerthError } from '../../errors/index.ts';
import { labels, type Network, type Project } from '../../model/index.ts';
import type { NetworkDetails } from '../../ports/index.ts';
import type { RunContext } from '../deps.ts';
import { resourceLabels } from './resource-labels.ts';

/** An address that was freed is not given again for this long: caches and half-closed connections must die first. */
const addressRestMs = 10 * 60_000;

/** The network of berth's own that instances join when none of their networks lets them have a fixed address. */
export function edgeNetwork(app: string): Network {
  return {
    key: `${app}_berth`,
    name: `${app}_berth`,
    external: false,
    driverOpts: {},
    internal: false,
    attachable: false,
    enableIpv6: false,
    labels: {},
  };
}

/** Whether berth made the network, with a subnet of its choice, so that instances can have fixed addresses there. */
export function isOwnNetwork(ctx: Pick<RunContext, 'store'>, engineName: string): boolean {
  return ctx.store.getSubnet(engineName) !== undefined;
}

/** A fixed address for an instance on a network of berth's own: the one it had, else a rested free one. */
export function ensureAddress(ctx: Pick<RunContext, 'store' | 'clock' | 'app'>, network: string, instance: string): string | undefined {
  const subnet = ctx.store.getSubnet(network);
  if (subnet === undefined) return undefined;
  const input = { app: ctx.app, network, instance, candidates: hostAddresses(subnet), atMs: ctx.clock.now() };
  return ctx.store.takeAddress({ ...input, restMs: addressRestMs }) ?? ctx.store.takeAddress({ ...input, restMs: 0 });
}

/** `.2` to `.191` of a /24; above is the range from which the engine serves containers that ask for no address. */
function* hostAddresses(subnet: string): Generator<string> {
  const prefix = subnet.slice(0, subnet.lastIndexOf('.'));
  for (let host = 2; host < 192; host++) yield `${prefix}.${host}`;
}

/** Makes sure that a network of the project exists; an existing one of the same name is used as it is. */
export async function ensureNetwork(ctx: RunContext, network: Network, signal: AbortSignal): Promise<void> {
  await ctx.addressing.run(async () => {
    const existing = await ctx.target.engine.inspectNetwork(network.name, signal);
    if (existing !== undefined || network.external) return;
    const isBridge = network.driver === undefined || network.driver === 'bridge';
    if (network.ipam !== undefined || !isBridge) return createAs(ctx, network, undefined, signal);
    await createWithFreeSubnet(ctx, network, signal);
  });
}

async function createWithFreeSubnet(ctx: RunContext, network: Network, signal: AbortSignal): Promise<void> {
  const kept = ctx.store.getSubnet(network.name);
  const used = await usedSubnets(ctx, signal);
  const candidates = [...(kept === undefined ? [] : [kept]), ...freeSubnets(used)];
  for (const subnet of candidates.slice(0, 16)) {
    try {
      await createAs(ctx, network, subnet, signal);
      ctx.store.putSubnet(network.name, subnet);
      return;
    } catch (thrown) {
      // The engine knows networks that neither it lists nor the machine routes; the next candidate may be free.
      if (!(thrown instanceof BerthError) || (thrown.code !== 'ENGINE_REFUSED' && thrown.code !== 'ENGINE_CONFLICT')) throw thrown;
      if ((await ctx.target.engine.inspectNetwork(network.name, signal)) !== undefined) {
        ctx.store.putSubnet(network.name, subnet);
        return;
      }
    }
  }
  throw new BerthError('SUBNET_EXHAUSTED', `No free /24 was found between 10.200.0.0 and 10.231.255.0 for network ${network.name}.`, {
    hint: 'Remove unused networks with `docker network prune`, or write `ipam` for this network.',
  });
}

async function createAs(ctx: RunContext, network: Network, subnet: string | undefined, signal: AbortSignal): Promise<void> {
  const chosen =
    subnet === undefined
      ? undefined
      : [{ Subnet: subnet, Gateway: subnet.replace('.0/24', '.1'), IPRange: subnet.replace('.0/24', '.192/26') }];
  const written = network.ipam?.config.map((c) => ({
    ...(c.subnet === undefined ? {} : { Subnet: c.subnet }),
    ...(c.gateway === undefined ? {} : { Gateway: c.gateway }),
    ...(c.ipRange === undefined ? {} : { IPRange: c.ipRange }),
    ...(Object.keys(c.auxAddresses).length === 0 ? {} : { AuxiliaryAddresses: c.auxAddresses }),
  }));
  const config = chosen ?? written;
  await ctx.target.engine.createNetwork(
    {
      Name: network.name,
      ...(network.driver === undefined ? {} : { Driver: network.driver }),
      Internal: network.internal,
      Attachable: network.attachable,
      ...(network.enableIpv4 === undefined ? {} : { EnableIPv4: network.enableIpv4 }),
      EnableIPv6: network.enableIpv6,
      Labels: resourceLabels(ctx, 'network', network),
      Options: network.driverOpts,
      ...(config === undefined
        ? {}
        : {
            IPAM: {
              ...(network.ipam?.driver === undefined ? {} : { Driver: network.ipam.driver }),
              Config: config,
              Options: network.ipam?.options ?? {},
            },
          }),
    },
    signal,
  );
}

async function usedSubnets(ctx: RunContext, signal: AbortSignal): Promise<string[]> {
  const [networks, routes] = await Promise.all([ctx.target.engine.listNetworks(signal), ctx.host.routes()]);
  return [...networks.flatMap((n: NetworkDetails) => n.subnets.map((s) => s.subnet)), ...routes];
}

/** Free /24 networks of 10.200.0.0 to 10.231.255.0, lowest first. */
export function* freeSubnets(used: readonly string[]): Generator<string> {
  const ranges = used.map(toRange).filter((r) => r !== undefined);
  for (let second = 200; second < 232; second++) {
    for (let third = 0; third < 256; third++) {
      const first = ((10 << 24) | (second << 16) | (third << 8)) >>> 0;
      if (!ranges.some((r) => r.first <= first + 255 && first <= r.last)) yield `10.${second}.${third}.0/24`;
    }
  }
}

function toRange(cidr: string): { first: number; last: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (match === null) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number);
  const size = 2 ** (32 - (bits ?? 32));
  const address = (((a ?? 0) << 24) | ((b ?? 0) << 16) | ((c ?? 0) << 8) | (d ?? 0)) >>> 0;
  const first = Math.floor(address / size) * size;
  // A default route is no claim on an address.
  return bits === 0 ? undefined : { first, last: first + size - 1 };
}

/** All networks that an app may need: those of the file, and berth's own for the edge. */
export function networksOf(app: string, project: Project): Network[] {
  return [...project.networks, edgeNetwork(app)];
}

/** Removes a network of this installation; one that others still use stays. */
export async function removeNetwork(ctx: RunContext, name: string, signal: AbortSignal): Promise<{ note: string } | undefined> {
  const network = await ctx.target.engine.inspectNetwork(name, signal);
  if (network !== undefined && network.labels[labels.installation] !== ctx.store.installation) return { note: 'not made by berth: kept' };
  try {
    await ctx.target.engine.removeNetwork(name, signal);
  } catch (thrown) {
    if (!(thrown instanceof BerthError) || thrown.code !== 'ENGINE_CONFLICT') throw thrown;
    return { note: 'still in use by containers that are not of this app: kept' };
  }
  ctx.store.deleteSubnet(name);
  return undefined;
}
