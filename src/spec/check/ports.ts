import type { PublishedPort, Route, Service } from '../../model/index.ts';
import { child, itemsOf } from '../text/node.ts';
import { decodePath } from '../text/route-forms.ts';
import type { Mark } from '../text/source.ts';
import { positionOf } from '../text/source.ts';
import type { Context } from '../resolve/context.ts';

/** One service's wish for one port of the machine. */
type Claim = {
  readonly service: Service;
  readonly port: number;
  readonly address: string;
  readonly protocol: 'tcp' | 'udp';
  /** What is spoken on it: one port is read as HTTP or passed on as it is, and with TLS or without, for all. */
  readonly speaks: 'HTTP' | 'HTTP with TLS' | 'TCP' | 'TCP with TLS' | 'UDP';
  /** What of the port it wants: everything that no route takes, or one route. */
  readonly share: string;
  readonly words: string;
  readonly mark: Mark;
};

/** Reports ports and routes that two services (or two mappings of one) want at the same time. */
export function checkPorts(services: readonly Service[], context: Context): void {
  const claims = services.filter((service) => service.networkMode !== 'host').flatMap((service) => claimsOf(service, context));
  const earlier = new Map<string, Claim[]>();
  for (const claim of claims) {
    const key = `${String(claim.port)}/${claim.protocol}`;
    const same = earlier.get(key) ?? [];
    const rival = same.find((other) => collide(claim, other));
    if (rival !== undefined) reportCollision(claim, rival, context);
    earlier.set(key, [...same, claim]);
  }
  for (const service of services) checkUdp(service, context);
}

function claimsOf(service: Service, context: Context): Claim[] {
  const node = child(context.document, 'services', service.name);
  const fallback = node?.mark;
  if (fallback === undefined) return [];
  const portNodes = itemsOf(child(node, 'ports'));
  const published = service.ports.flatMap((port, index): Claim[] => {
    if (port.published === undefined) return [];
    const mark = portNodes[index]?.mark ?? fallback;
    if (port.protocol === 'tcp' && service.routes.some((route) => route.port === port.published)) return [];
    const { protocol } = port;
    const speaks = protocol === 'udp' ? 'UDP' : service.protocol === 'tcp' ? 'TCP' : 'HTTP';
    return [{ service, port: port.published, address: port.hostIp ?? '', protocol, speaks, share: '', words: portWords(port), mark }];
  });
  const routes = service.routes.map((route, index): Claim => {
    const address = service.ports.find((port) => port.published === route.port)?.hostIp ?? '';
    const mark = context.marks.get(`services.${service.name}.routes.${String(index)}`) ?? fallback;
    return {
      service,
      port: route.port,
      address,
      protocol: 'tcp',
      speaks: `${route.mode === 'tcp' ? 'TCP' : 'HTTP'}${route.tls ? ' with TLS' : ''}`,
      share: shareOf(route),
      words: routeWords(route),
      mark,
    };
  });
  return [...published, ...routes];
}

/** The route of every host is the same as a whole port: what no other route takes. */
function shareOf({ host, path, mode }: Route): string {
  if (host === undefined && (path === '/' || mode === 'tcp')) return '';
  return `${host ?? '*'}${decodePath(path) ?? path}`;
}

function portWords(port: PublishedPort): string {
  const address = port.hostIp === undefined ? '' : `${port.hostIp.includes(':') ? `[${port.hostIp}]` : port.hostIp}:`;
  return `the port ${address}${String(port.published ?? '')}${port.protocol === 'udp' ? '/udp' : ''} of the machine`;
}

function routeWords(route: Route): string {
  return `the route ${route.host ?? 'of every host'}${route.path} on port ${String(route.port)}`;
}

function collide(a: Claim, b: Claim): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol || !overlap(a.address, b.address)) return false;
  return a.share === b.share || a.speaks !== b.speaks;
}

function overlap(a: string, b: string): boolean {
  const every = (address: string): boolean => address === '';
  if (every(a) || every(b) || a === b) return true;
  const sameFamily = a.includes(':') === b.includes(':');
  const wide = (address: string): boolean => address === '0.0.0.0' || address === '::';
  return sameFamily && (wide(a) || wide(b));
}

function reportCollision(claim: Claim, rival: Claim, context: Context): void {
  const at = positionOf(rival.mark);
  const where = `${rival.mark.source.file}:${String(at.line)}`;
  const who =
    claim.service === rival.service
      ? `\`${claim.service.name}\` asks twice for`
      : `\`${claim.service.name}\` and \`${rival.service.name}\` both want`;
  const clash = claim.speaks === rival.speaks ? '' : `, one for ${claim.speaks} and one for ${rival.speaks}`;
  const hint =
    claim.protocol === 'tcp' && claim.service !== rival.service && clash === ''
      ? 'Give one of them another port, or share the port by `x-berth.routes` with different hosts or paths.'
      : 'Give one of them another port.';
  context.problems.error(claim.mark, `${who} ${claim.words} (also at ${where})${clash}`, { rule: 'duplicate-port', hint });
}

/** A UDP port is bound by the engine for one container; a second instance could not have it. */
function checkUdp(service: Service, context: Context): void {
  if (service.replicas < 2) return;
  const nodes = itemsOf(child(context.document, 'services', service.name, 'ports'));
  service.ports.forEach((port, index) => {
    const mark = nodes[index]?.mark;
    if (port.protocol !== 'udp' || port.published === undefined || mark === undefined) return;
    context.problems.error(
      mark,
      `\`${service.name}\` has ${String(service.replicas)} replicas, but the UDP port ${String(port.published)} can go to one instance only`,
      { rule: 'duplicate-port' },
    );
  });
}
