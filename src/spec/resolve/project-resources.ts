import type { Network, Service, Volume } from '../../model/index.ts';
import { child, type Node } from '../text/node.ts';
import { notePlace, section, type Context } from './context.ts';
import { booleanAt, defined, listAt, pairsAt, textAt } from './get.ts';

/** The networks that some service is on. */
export function resolveNetworks(services: readonly Service[], context: Context): Network[] {
  const used = new Set(services.flatMap((service) => service.networks.map((attachment) => attachment.network)));
  return section(context.document, 'networks').flatMap(([key, entry]) => {
    if (!used.has(key)) return [];
    notePlace(context, `networks.${key}`, entry.key);
    const node = entry.value;
    return [
      defined({
        key,
        name: textAt(node, 'name') ?? key,
        external: booleanAt(node, 'external') ?? false,
        driver: textAt(node, 'driver'),
        driverOpts: pairsAt(node, 'driver_opts'),
        internal: booleanAt(node, 'internal') ?? false,
        attachable: booleanAt(node, 'attachable') ?? false,
        enableIpv6: booleanAt(node, 'enable_ipv6') ?? false,
        enableIpv4: booleanAt(node, 'enable_ipv4'),
        labels: pairsAt(node, 'labels'),
        ipam: ipam(child(node, 'ipam')),
      }),
    ];
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

/** The named volumes that some service mounts. */
export function resolveVolumes(services: readonly Service[], context: Context): Volume[] {
  const used = new Set(services.flatMap((service) => service.mounts.flatMap((mount) => (mount.type === 'volume' ? [mount.source] : []))));
  return section(context.document, 'volumes').flatMap(([key, entry]) => {
    if (!used.has(key)) return [];
    notePlace(context, `volumes.${key}`, entry.key);
    const node = entry.value;
    return [
      defined({
        key,
        name: textAt(node, 'name') ?? key,
        external: booleanAt(node, 'external') ?? false,
        driver: textAt(node, 'driver'),
        driverOpts: pairsAt(node, 'driver_opts'),
        labels: pairsAt(node, 'labels'),
      }),
    ];
  });
}
