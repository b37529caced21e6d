import type { Attachment } from '../../model/index.ts';
import { child, entriesOf, type Node } from '../text/node.ts';
import type { Context } from './context.ts';
import { defined, integerAt, pairsAt, textAt, textsAt } from './get.ts';
import { isKnown } from './grants.ts';

/** The networks of a service, with the names that other services' `links` ask for. */
export function resolveAttachments(name: string, service: Node, links: LinkedNames, context: Context): Attachment[] {
  const networks = child(service, 'networks');
  const mode = child(service, 'network_mode');
  if (mode !== undefined && networks !== undefined) {
    context.problems.error(networks.mark, `\`services.${name}\` has both \`networks\` and \`network_mode\`; they exclude each other`);
    return [];
  }
  const linked = links.get(name) ?? [];
  return entriesOf(networks).flatMap(([network, { key, value }]) => {
    if (!isKnown('network', network, key, context)) return [];
    const options = pairsAt(value, 'driver_opts');
    const interfaceName = textAt(value, 'interface_name');
    return [
      defined({
        network,
        aliases: [
          ...new Set([
            ...(textsAt(value, 'aliases') ?? []),
            ...linked.filter(({ from }) => child(from, 'networks', network) !== undefined).map(({ alias }) => alias),
          ]),
        ],
        ipv4Address: textAt(value, 'ipv4_address'),
        ipv6Address: textAt(value, 'ipv6_address'),
        linkLocalIps: textsAt(value, 'link_local_ips') ?? [],
        macAddress: textAt(value, 'mac_address'),
        driverOpts: interfaceName === undefined ? options : { ...options, 'com.docker.network.endpoint.ifname': interfaceName },
        priority: integerAt(value, 'priority') ?? 0,
        gatewayPriority: integerAt(value, 'gw_priority'),
      }),
    ];
  });
}

/** Names that services are wanted under: by service, which other service says so. */
export type LinkedNames = ReadonlyMap<string, readonly { readonly from: Node; readonly alias: string }[]>;

/** Gathers the `links` of all services by the service that they point at. */
export function gatherLinks(context: Context): LinkedNames {
  const names = new Map<string, { from: Node; alias: string }[]>();
  for (const [, { value: from }] of entriesOf(child(context.document, 'services'))) {
    for (const link of textsAt(from, 'links') ?? []) {
      const [target = '', alias] = link.split(':');
      if (alias === undefined || alias === target) continue;
      names.set(target, [...(names.get(target) ?? []), { from, alias }]);
    }
  }
  return names;
}
