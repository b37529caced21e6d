import type { Attachment } from '../../model/index.ts';
import { child, entriesOf, type Node } from '../text/node.ts';
import type { Context } from './context.ts';
import { defined, integerAt, listAt, pairsAt, textAt, textsAt } from './get.ts';
import { isKnown } from './grants.ts';

/** The networks of a service, with the names that other services' `links` ask for. */
export function resolveAttachments(name: string, service: Node, context: Context): Attachment[] {
  const networks = child(service, 'networks');
  const mode = child(service, 'network_mode');
  if (mode !== undefined && networks !== undefined) {
    context.problems.error(networks.mark, `\`services.${name}\` has both \`networks\` and \`network_mode\`; they exclude each other`);
    return [];
  }
  return entriesOf(networks).flatMap(([network, { key, value }]) => {
    if (!isKnown('network', network, key, context)) return [];
    const options = pairsAt(value, 'driver_opts');
    const interfaceName = textAt(value, 'interface_name');
    return [
      defined({
        network,
        aliases: [...new Set([...(textsAt(value, 'aliases') ?? []), ...linkedNames(name, network, context)])],
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

/** The names by which other services on a network want to reach this one. */
function linkedNames(name: string, network: string, context: Context): string[] {
  return entriesOf(child(context.document, 'services')).flatMap(([, { value: other }]) => {
    if (child(other, 'networks', network) === undefined) return [];
    return (textsAt(other, 'links') ?? []).flatMap((link) => {
      const [target = '', alias] = link.split(':');
      return target === name && alias !== undefined && alias !== name ? [alias] : [];
    });
  });
}

/** Checks that `links` and namespaces name services that are there. */
export function checkServiceReferences(service: Node, context: Context): void {
  for (const item of listAt(service, 'links')) {
    if (item.kind === 'scalar' && typeof item.value === 'string') isKnown('service', item.value.split(':')[0] ?? '', item.mark, context);
  }
  for (const key of ['network_mode', 'ipc', 'pid', 'uts']) {
    const node = child(service, key);
    const value = textAt(node);
    if (node !== undefined && value?.startsWith('service:') === true)
      isKnown('service', value.slice('service:'.length), node.mark, context);
  }
}
