import type { Route, RouteRules, Service } from '../../model/index.ts';
import { notePlace, type Context } from '../resolve/context.ts';
import { booleanAt, defined, textAt, wordAt } from '../resolve/get.ts';
import { writtenProtocol } from '../resolve/ports.ts';
import { tlsNode } from '../resolve/tls.ts';
import { child, itemsOf, type Node } from '../text/node.ts';
import type { Draft, Traffic } from './draft.ts';
import { stickyCookie } from './draft.ts';
import { readForeign } from './foreign/foreign.ts';
import type { Found } from './found.ts';
import { notTaken } from './foreign/labels.ts';
import { readPage, readPages } from './page.ts';
import { readRanges } from './rules.ts';
import { readRoute, type Reading } from './written.ts';

/** What of a service says where its traffic enters and how it is carried. */
export type ServiceTraffic = Omit<Traffic, 'drafts'> & Pick<Service, 'routes'>;

/** How a service's TLS is asked for: whether at all, and what goes with it. */
type Secure = { readonly tls: boolean; readonly redirect: boolean | undefined; readonly hsts: string | undefined };

/**
 * The traffic of a service: its `x-berth.routes`, or what labels and variables of another proxy say where they are
 * absent; with TLS its ports, and the routes that lead from port 80 to it.
 */
export async function resolveTraffic(
  name: string,
  service: Node,
  projectBerth: Node | undefined,
  context: Context,
): Promise<ServiceTraffic> {
  const berth = child(service, 'x-berth');
  const written = child(berth, 'routes');
  const found = written === undefined ? readForeign(name, service, context) : undefined;
  const node = tlsNode(service, projectBerth);
  const secure = secureOf(node, found);
  const protocol = wordAt(['http', 'tcp', 'h2c', 'grpc'], berth, 'protocol');
  const items = written === undefined || written.kind === 'list' ? itemsOf(written) : [written];
  const own = await readOwn(items, { mode: protocol === 'tcp' ? 'tcp' : 'http', tls: secure.tls }, context);
  const drafts = await withPages(found === undefined ? own : secured(found.drafts, secure), berth, context);
  const routes = complete(drafts, secure, { name, context });
  const sticky = readSticky(name, [berth, ...items], context) ?? found?.sticky;
  const maintenance = child(berth, 'maintenance');
  return defined({
    ...carriedAs(protocol ?? writtenProtocol(service), routes),
    ...defined({ sendProxy: found?.sendProxy, ...clientSide(berth, context) }),
    ...(found?.h2 === true ? { protocol: 'http' as const, h2: true } : {}),
    sticky,
    maintenancePage: maintenance === undefined ? undefined : await readPage(maintenance, context),
    tls: node === undefined ? foreignTls(name, found, context) : undefined,
    routes,
  });
}

async function readOwn(items: readonly Node[], reading: Reading, context: Context): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (const item of items) drafts.push(...(await readRoute(item, reading, context)));
  return drafts;
}

/** The certificate that labels ask for; Traefik and Caddy make one themselves where the labels do not say whose it is. */
function foreignTls(name: string, found: Found | undefined, context: Context): Traffic['tls'] {
  if (found?.tls !== undefined || found?.needsTls === undefined) return found?.tls;
  notTaken(
    context,
    found.needsTls,
    `\`${name}\` asks for TLS, but not who signs its certificate; it gets one of berth's own authority, which browsers do not know`,
    'Write `x-berth.tls`, such as `tls: {acme: {directory: https://acme-v02.api.letsencrypt.org/directory, email: YOU}}`.',
  );
  return { certificate: { kind: 'internal' } };
}

function secureOf(node: Node | undefined, found: Found | undefined): Secure {
  if (node === undefined) return { tls: found?.drafts.some((draft) => draft.tls) ?? false, redirect: found?.redirects, hsts: found?.hsts };
  const hsts = child(node, 'hsts');
  const text = booleanAt(hsts) === true ? 'max-age=31536000' : textAt(hsts);
  return { tls: true, redirect: booleanAt(node, 'redirect'), hsts: booleanAt(hsts) === false ? undefined : text };
}

/** Routes of labels that speak plainly beside others with TLS, or by the user's wish, stay plain. */
function secured(drafts: readonly Draft[], { tls }: Secure): readonly Draft[] {
  const isMixed = drafts.some((draft) => draft.tls);
  return drafts.map((draft) => (draft.mode === 'http' && tls && isMixed && draft.tls !== true ? { ...draft, tls: false } : draft));
}

/** The service's own error pages under those of its routes. */
async function withPages(drafts: readonly Draft[], berth: Node | undefined, context: Context): Promise<readonly Draft[]> {
  const pages = await readPages(child(berth, 'errorPages'), context);
  if (Object.keys(pages).length === 0) return drafts;
  return drafts.map((draft) =>
    draft.mode === 'tcp' ? draft : { ...draft, rules: { ...draft.rules, errorPages: { ...pages, ...draft.rules.errorPages } } },
  );
}

/** Routes with their ports, and those of port 80 that lead to the ones with TLS. */
function complete(drafts: readonly Draft[], secure: Secure, { name, context }: { name: string; context: Context }): Route[] {
  const routes: Route[] = [];
  const add = (route: Route, mark: Draft['mark']): void => {
    notePlace(context, `services.${name}.routes.${String(routes.length)}`, mark);
    routes.push(route);
  };
  for (const draft of drafts) {
    if (draft.tls === true && !secure.tls) {
      context.problems.error(draft.mark, 'a route with `tls: true` needs to know its certificate', {
        hint: 'Write `x-berth.tls` at the service.',
      });
      continue;
    }
    add(toRoute(draft, secure), draft.mark);
  }
  drafts.forEach((draft, index) => {
    const route = routes[index];
    if (route === undefined || !leadsToTls(route, secure)) return;
    const isTaken = routes.some((other) => other.port === 80 && other.host === route.host && other.path === route.path);
    const { host, path, port, from } = route;
    if (!isTaken)
      add({ ...defined({ host, from }), path, port: 80, mode: 'http', tls: false, rules: { httpsRedirect: { port } } }, draft.mark);
  });
  return routes;
}

/** Port 80 leads to the usual port of TLS; to another one only when the file says so. */
function leadsToTls(route: Route, { redirect }: Secure): boolean {
  return route.tls && route.mode === 'http' && route.port !== 80 && (redirect ?? route.port === 443);
}

function toRoute(draft: Draft, secure: Secure): Route {
  const { host, target, mode, from } = draft;
  // A route takes whole segments, so a slash at the end says nothing.
  const path = draft.path.replace(/(?<=.)\/+$/, '');
  const tls = draft.tls ?? (secure.tls && draft.port !== 80 && draft.rules.httpsRedirect === undefined);
  // A name in a TCP route is that of a TLS handshake, whoever ends it.
  const port = draft.port ?? (tls || (mode === 'tcp' && host !== undefined) ? 443 : 80);
  const isSecure = tls && mode === 'http' && secure.hsts !== undefined && draft.rules.hsts === undefined;
  const rules: RouteRules = isSecure ? { ...draft.rules, hsts: secure.hsts } : draft.rules;
  return { ...defined({ host, target, from }), path, port, mode, tls, rules };
}

/** What the service speaks, by what is written or else by its routes. */
function carriedAs(written: 'http' | 'tcp' | 'h2c' | 'grpc' | undefined, routes: readonly Route[]): Pick<Traffic, 'protocol' | 'h2'> {
  if (written === 'h2c' || written === 'grpc') return { protocol: 'http', h2: true };
  if (written !== undefined) return { protocol: written };
  return routes.length > 0 && routes.every((route) => route.mode === 'tcp') ? { protocol: 'tcp' } : {};
}

/** What is said of clients and of instances besides HTTP. */
function clientSide(berth: Node | undefined, context: Context): Pick<Traffic, 'acceptProxy' | 'sendProxy' | 'trustedProxies'> {
  const send = child(berth, 'proxyProtocol', 'send');
  return defined({
    acceptProxy: booleanAt(berth, 'proxyProtocol', 'accept') === true ? true : undefined,
    sendProxy: booleanAt(send) === true ? ('v2' as const) : wordAt(['v1', 'v2'], send),
    trustedProxies: readRanges(berth, 'trustedProxies', context),
  });
}

/** The cookie that the service or one of its routes asks for; two names cannot be had. */
function readSticky(name: string, nodes: readonly (Node | undefined)[], context: Context): Service['sticky'] {
  let found: Service['sticky'];
  for (const node of nodes.map((each) => child(each, 'sticky'))) {
    if (node === undefined || booleanAt(node) === false) continue;
    const cookie = textAt(node, 'cookie') ?? stickyCookie(name);
    if (found !== undefined && found.cookie !== cookie)
      context.problems.error(
        node.mark,
        `\`${name}\` has two cookies, \`${found.cookie}\` and \`${cookie}\`; one keeps a client at its instance`,
      );
    found = { cookie };
  }
  return found;
}
