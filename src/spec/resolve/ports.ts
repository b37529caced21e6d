import type { PublishedPort } from '../../model/index.ts';
import { portRange, parseExposed } from '../text/short-forms.ts';
import { child, entriesOf, type Node } from '../text/node.ts';
import { notePlace, type Context } from './context.ts';
import { defined, integerAt, listAt, textAt, wordAt } from './get.ts';

/** Ports that single mappings take, so that ranges choose among the others. */
function takenPorts(context: Context): Set<number> {
  const taken = new Set<number>();
  for (const [, { value }] of entriesOf(child(context.document, 'services'))) {
    for (const item of listAt(value, 'ports')) {
      const port = integerAt(item, 'published');
      if (port !== undefined) taken.add(port);
    }
  }
  return taken;
}

/** Gives out the ports of ranges (`8000-8010:80`): the lowest that no mapping of the project has yet. */
export class PortChooser {
  readonly #taken: Set<number>;

  constructor(context: Context) {
    this.#taken = takenPorts(context);
  }

  /** The published ports of a service. */
  resolve(name: string, service: Node, context: Context): PublishedPort[] {
    return listAt(service, 'ports').flatMap((item, index) => {
      const target = integerAt(item, 'target');
      if (target === undefined) return [];
      notePlace(context, `services.${name}.ports.${String(index)}`, item.mark);
      const hostIp = textAt(item, 'host_ip');
      return [
        defined({
          target,
          published: this.#published(item, context),
          hostIp: hostIp === '' ? undefined : hostIp,
          protocol: wordAt(['tcp', 'udp'], item, 'protocol') ?? ('tcp' as const),
        }),
      ];
    });
  }

  #published(item: Node, context: Context): number | undefined {
    const written = textAt(item, 'published');
    if (written === undefined || written === '') return undefined;
    const range = portRange(written);
    if (typeof range === 'string') return undefined;
    if (range.from === range.to) return range.from;
    for (let port = range.from; port <= range.to; port++) {
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    context.problems.error(item.mark, `every port of \`${written}\` is taken by another mapping of this file`);
    return undefined;
  }
}

/** The ports of `expose`, TCP and UDP. */
export function resolveExposed(service: Node): { readonly tcp: number[]; readonly udp: number[] } {
  const tcp = new Set<number>();
  const udp = new Set<number>();
  for (const item of listAt(service, 'expose')) {
    const parsed = parseExposed(textAt(item) ?? '');
    if (parsed.ok) for (const port of parsed.ports) (parsed.protocol === 'udp' ? udp : tcp).add(port);
  }
  return { tcp: [...tcp], udp: [...udp] };
}

/** Whether a port says that it speaks HTTP (`app_protocol`). */
export function writtenProtocol(service: Node): 'http' | undefined {
  return listAt(service, 'ports').some((item) => ['http', 'https', 'http2', 'ws', 'wss'].includes(textAt(item, 'app_protocol') ?? ''))
    ? 'http'
    : undefined;
}
