import type { Network, Service, Volume } from '../../model/index.ts';
import { child, type Node } from '../text/node.ts';
import { notePlace, section, type Context } from './context.ts';
import { booleanAt, defined, listAt, pairsAt, textAt } from './get.ts';

/** The networks that some service is on. */
export function resolveNetworks(services: readonly Service[], context: Context): Network[] {
  const used = new Set(services.flatMap((service) => service.networks.map((attachment) => attachment.network)));
  return usedOf('networks', used, context).map(([key, node]) =>
    defined({
      ...resource(key, node),
      internal: booleanAt(node, 'internal') ?? false,
      attachable: booleanAt(node, 'attachable') ?? false,
      enableIpv6: booleanAt(node, 'enable_ipv6') ?? false,
      enableIpv4: booleanAt(node, 'enable_ipv4'),
      ipam: ipam(child(node, 'ipam')),
    }),
  );
}

/** The named volumes that some service mounts. */
export function resolveVolumes(services: readonly Service[], context: Context): Volume[] {
  const used = new Set(services.flatMap((service) => service.mounts.flatMap((mount) => (mount.type === 'volume' ? [mount.source] : []))));
  return usedOf('volumes', used, context).map(([key, node]) => resource(key, node));
}

/** The entries of a section that are used, by key; where each was written is remembered. */
function usedOf(
  kind: 'networks' | 'volumes',
  used: ReadonlySet<string | undefined>,
  context: Context,
): (readonly [key: string, node: Node])[] {
  const entries = section(context.document, kind).filter(([key]) => used.has(key));
  for (const [key, entry] of entries) notePlace(context, `${kind}.${key}`, entry.key);
  return entries.map(([key, entry]) => [key, entry.value]);
}

/** What networks and volumes have in common. */
function resource(key: string, node: Node): Volume {
  return defined({
    key,
    name: textAt(node, 'name') ?? key,
    external: booleanAt(node, 'external') ?? false,
    driver: textAt(node, 'driver'),
    driverOpts: pairsAt(node, 'driver_opts'),
    labels: pairsAt(node, 'labels'),
  });
}

function ipam(node: Node | undefined): Network['ipam'] {
  if (node?.kind !== 'map' || node.entries.size === 0) return undefined;
  return defined({
    driver: textAt(node, 'driver'),
    config: listAt(node, 'config').map((item) =>
      defined({
        subnet: textAt(item, 'subnet'),
        gateway: textAt(item, 'gateway'),
        ipRange: textAt(item, 'ip_range'),
        auxAddresses: pairsAt(item, 'aux_addresses'),
      }),
    ),
    options: pairsAt(node, 'options'),
  });
}
