import type { Front } from '../../model/index.ts';
import type { DesiredService } from '../../plan/index.ts';
import type { NetworkDetails } from '../../ports/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { edgeNetwork, ensureAddress } from './addressing.ts';
import { edgeNetworkName } from './side.ts';

/** Under which a front's addresses are kept. No instance can have this name. */
export function frontAddressName(app: string, service: string): string {
  return `${app}/${service}`;
}

/**
 * Where the front of a service belongs: on the app's own networks of the service, under its name and all that other
 * services call it by, and on berth's own network where only that gives the instances lasting addresses.
 */
export function frontPlace(
  ctx: Pick<RunContext, 'app' | 'store'>,
  side: Side,
  s: DesiredService,
  networks: readonly NetworkDetails[],
): Front {
  const joined = s.service.networks
    .toSorted((a, b) => b.priority - a.priority)
    .flatMap((a) => {
      const network = side.project.networks.find((n) => n.key === a.network);
      if (network?.external === true) return [];
      return [{ name: network?.name ?? a.network, aliases: [...new Set([s.service.name, ...a.aliases])] }];
    });
  const needsOwn = edgeNetworkName(ctx, side, s.service, networks) === undefined;
  const own = needsOwn ? [{ name: edgeNetwork(ctx.app).name, aliases: [] }] : [];
  return { app: ctx.app, service: s.service.name, networks: [...joined, ...own] };
}

/** The same with an address that the front keeps, wherever berth made the network. */
export function withAddresses(ctx: Pick<RunContext, 'app' | 'store' | 'clock'>, place: Front): Front {
  const name = frontAddressName(place.app, place.service);
  return { ...place, networks: place.networks.map((n) => ({ ...n, address: ensureAddress(ctx, n.name, name) })) };
}
