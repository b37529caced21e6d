import type { Route, Service } from '../../model/index.ts';
import type { Context } from '../resolve/context.ts';
import { isCovered } from '../text/addresses.ts';
import { positionOf, type Mark } from '../text/source.ts';

/** A route of the application with its service and place. */
type Placed = { readonly service: Service; readonly route: Route; readonly mark: Mark };

/** Reports routes that no request can reach or leave, and settings of one port that its services do not share. */
export function checkRoutes(services: readonly Service[], context: Context): void {
  const all = services.flatMap((service) =>
    service.routes.flatMap((route, index): Placed[] => {
      const mark = context.marks.get(`services.${service.name}.routes.${String(index)}`);
      return mark === undefined ? [] : [{ service, route, mark }];
    }),
  );
  for (const placed of all) {
    checkReach(placed, all, context);
    checkLoop(placed, all, context);
    checkAddresses(placed, context);
  }
  checkShared(all, context);
  for (const service of services) checkSticky(service, all, context);
}

/** The proof of an ACME server is answered by the edge itself, before any route of port 80. */
const proofs = '/.well-known/acme-challenge';

function checkReach({ service, route, mark }: Placed, all: readonly Placed[], context: Context): void {
  const isProof = route.path === proofs || route.path.startsWith(`${proofs}/`);
  if (isProof && route.port === 80 && all.some((other) => other.service.tls?.certificate.kind === 'acme')) {
    context.problems.error(mark, `the route \`${route.path}\` of \`${service.name}\` can never match: the edge answers ACME servers there`);
  }
}

function rival({ service, mark }: Placed): string {
  return `that of \`${service.name}\` (${mark.source.file}:${String(positionOf(mark).line)})`;
}

/** A place that a request is sent to: of an address, or of a request itself. */
type Place = { readonly tls: boolean; readonly host: string; readonly port: number; readonly path: string };

/** Follows redirects from one route to the next while they stay in the application. */
function checkLoop(start: Placed, all: readonly Placed[], context: Context): void {
  const { redirect } = start.route.rules;
  if (redirect === undefined) return;
  const host = start.route.host?.replace(/^\*/, 'any') ?? 'any';
  let at: Place | undefined = { tls: start.route.tls, host, port: start.route.port, path: start.route.path };
  let from: Placed | undefined = start;
  for (let hop = 0; hop <= all.length && from !== undefined && at !== undefined; hop++) {
    at = leadsTo(from.route, at);
    from = at === undefined ? undefined : routeFor(at, all);
    if (from !== start) continue;
    const through = hop === 0 ? 'to itself' : 'in a circle, back to itself';
    context.problems.error(start.mark, `the redirect of \`${start.service.name}\` to \`${redirect.to}\` leads ${through}`, {
      hint: 'Name another host, or give the route a `path` that the new address is not below.',
    });
    return;
  }
}

function leadsTo(route: Route, at: Place): Place | undefined {
  const { redirect, httpsRedirect } = route.rules;
  if (httpsRedirect !== undefined) return { ...at, tls: true, port: httpsRedirect.port };
  if (redirect === undefined) return undefined;
  const to = redirect.to.replaceAll('{path}', at.path === '/' ? '/any' : at.path).replaceAll('{query}', '');
  if (to.startsWith('/')) return { ...at, path: to.replace(/[?#].*$/, '') };
  if (!URL.canParse(to)) return undefined;
  const url = new URL(to);
  const tls = url.protocol === 'https:';
  return { tls, host: url.hostname, port: url.port === '' ? (tls ? 443 : 80) : Number(url.port), path: url.pathname };
}

/** The route that takes a request, as the edge chooses it: the nearest host, then the longest path. */
function routeFor(at: Place, all: readonly Placed[]): Placed | undefined {
  const fitting = all.filter(
    ({ route }) =>
      route.mode === 'http' &&
      route.port === at.port &&
      route.tls === at.tls &&
      takesHost(route.host, at.host) &&
      isBelow(at.path, route.path),
  );
  const rank = (host: string | undefined): number => (host === undefined ? 0 : host.startsWith('*.') ? host.length : 1000 + host.length);
  return fitting.toSorted((a, b) => rank(b.route.host) - rank(a.route.host) || b.route.path.length - a.route.path.length)[0];
}

function takesHost(wanted: string | undefined, host: string): boolean {
  if (wanted === undefined || wanted === host) return true;
  return wanted.startsWith('*.') && host.endsWith(wanted.slice(1));
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}

/** Whoever `allow` lets in and `deny` keeps out cannot come in at all. */
function checkAddresses({ service, route, mark }: Placed, context: Context): void {
  const { allow = [], deny = [] } = route.rules;
  const closed = allow.find((range) => deny.some((other) => isCovered(range, other)));
  if (closed === undefined) return;
  context.problems.error(mark, `a route of \`${service.name}\` allows \`${closed}\` and denies all of it`, {
    hint: 'Leave one of the two out.',
  });
}

/** What a listener does with every connection must be the same for all services on it. */
function checkShared(all: readonly Placed[], context: Context): void {
  const first = new Map<number, Placed>();
  for (const placed of all) {
    const other = first.get(placed.route.port);
    if (other === undefined) first.set(placed.route.port, placed);
    else if (other.service !== placed.service) checkPair(placed, other, context);
  }
}

function checkPair(placed: Placed, other: Placed, context: Context): void {
  const { service, route, mark } = placed;
  if ((service.acceptProxy ?? false) !== (other.service.acceptProxy ?? false)) {
    const [yes, no] = service.acceptProxy === true ? [service, other.service] : [other.service, service];
    context.problems.error(
      mark,
      `port ${String(route.port)} is shared by \`${yes.name}\`, which accepts the PROXY protocol, and \`${no.name}\`, which does not (${rival(other)})`,
      {
        hint: 'Give both the same `x-berth.proxyProtocol.accept`, or different ports.',
      },
    );
  }
}

function checkSticky(service: Service, all: readonly Placed[], context: Context): void {
  if (service.sticky === undefined) return;
  const mine = all.filter((placed) => placed.service === service);
  const [first] = mine;
  if (first === undefined || mine.some(({ route }) => route.mode === 'http')) return;
  context.problems.error(first.mark, `\`${service.name}\` is sticky by a cookie, which its routes with \`mode: tcp\` cannot see`, {
    hint: 'Leave out `sticky`.',
  });
}
