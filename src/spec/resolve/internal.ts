import type { Service } from '../../model/index.ts';
import { child, entriesOf, type Node } from '../text/node.ts';
import type { Context } from './context.ts';
import { listAt, textAt, wordAt } from './get.ts';
import { resolveExposed } from './ports.ts';

/** How other services reach a service, where the file says it; a front that cannot be is an error with its reason. */
export function resolveInternal(name: string, service: Node, context: Context): Service['internal'] {
  const internal = wordAt(['front', 'dns'], service, 'x-berth', 'internal');
  const why = internal === 'front' ? whyNoFront(service, context) : undefined;
  if (why !== undefined) {
    context.problems.error(
      child(service, 'x-berth', 'internal')?.mark ?? service.mark,
      `\`services.${name}\` cannot have a front: ${why}`,
      { hint: 'Write `internal: dns`, or leave it out.' },
    );
  }
  return internal;
}

function whyNoFront(service: Node, context: Context): string | undefined {
  const mode = textAt(service, 'network_mode');
  if (mode !== undefined) return `\`network_mode: ${mode}\` keeps it off the app's networks`;
  const udp = listAt(service, 'ports').some((item) => textAt(item, 'protocol') === 'udp') || resolveExposed(service).udp.length > 0;
  if (udp) return 'a front carries TCP only, and it has a UDP port';
  const networks = entriesOf(child(service, 'networks')).map(([key]) => key);
  const isExternal = (key: string): boolean => {
    const external = child(context.document, 'networks', key, 'external');
    return external !== undefined && textAt(external) !== 'false';
  };
  return networks.length > 0 && networks.every(isExternal) ? 'all of its networks are external' : undefined;
}
