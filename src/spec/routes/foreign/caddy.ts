import type { RouteRules } from '../../../model/index.ts';
import type { Context } from '../../resolve/context.ts';
import { defined } from '../../resolve/get.ts';
import { child, type Node } from '../../text/node.ts';
import { cookieProblem, redirectProblem } from '../../text/route-forms.ts';
import { parseSites, prefixOf, upstreamOf, wordsOf, type Site } from './caddy-site.ts';
import { guardedPart, readDirective, type Block } from './caddy-directive.ts';
import { stickyCookie, type Draft } from '../draft.ts';
import { letsEncrypt, type Found } from '../found.ts';
import { Labels, notTaken, type Label } from './labels.ts';
import { mergeRules } from '../merge-rules.ts';

type Settings = Pick<Found, 'h2' | 'sticky' | 'tls'>;
type Input = { readonly name: string; readonly labels: Labels; readonly context: Context; settings: Settings };

const isMine = (key: string): boolean => /^caddy(?:_\d+)?(?:\.|$)/i.test(key);

/** The routes of a service's `caddy` labels, or undefined where it has none. What is not understood is said. */
export function readCaddy(name: string, service: Node, context: Context): Found | undefined {
  const labels = new Labels([child(service, 'labels'), child(service, 'deploy', 'labels')], isMine);
  if (labels.size === 0) return undefined;
  const input: Input = { name, labels, context, settings: {} };
  const email = labels.get('caddy', 'email')?.value;
  const drafts = labels.names().flatMap((base) => readSite(base, input));
  for (const unread of labels.unread) notTaken(context, unread.mark, `the label \`${unread.key}\` is not understood`);
  const tls = input.settings.tls ?? (email === undefined ? undefined : letsEncrypt(email));
  return { drafts, ...input.settings, ...defined({ tls }), from: 'caddy labels', needsTls: drafts.find((draft) => draft.tls)?.mark };
}

function readSite(base: string, input: Input): Draft[] {
  const address = input.labels.get(base);
  if (address === undefined) return [];
  const sites = parseSites(address.value).flatMap((site): Site[] => {
    if (typeof site !== 'string') return [site];
    notTaken(input.context, address.mark, `\`${address.key}\`: ${site}; no route is made of it`);
    return [];
  });
  if (sites.length > 0) readTls(base, input);
  const routes = readBlock({ at: [base], path: '/', strips: false, rules: {} }, input);
  return sites.flatMap((site) => routes.map((route): Draft => toDraft(route, site, address)));
}

/** A route of a site, before its address is known. */
type SiteRoute = { readonly path: string; readonly target: number | undefined; readonly rules: RouteRules };

function toDraft(route: SiteRoute, { host, port, tls }: Site, { mark }: Label): Draft {
  const place = defined({ host, target: route.target, tls: tls ? true : undefined });
  const usual = port === 80 || port === undefined ? (tls ? 443 : undefined) : port;
  return { ...place, ...defined({ port: usual }), path: route.path, mode: 'http', rules: route.rules, mark };
}

function readTls(base: string, input: Input): void {
  const label = input.labels.get(base, 'tls');
  if (label === undefined) return;
  if (label.value === 'internal') input.settings = { ...input.settings, tls: { certificate: { kind: 'internal' } } };
  else if (/^[^@\s]+@[^@\s]+$/.test(label.value)) input.settings = { ...input.settings, tls: letsEncrypt(label.value) };
  else notTaken(input.context, label.mark, `\`${label.key}: ${label.value}\` is not understood`, 'Write `x-berth.tls`.');
}

const bare = (directive: string): string => directive.replace(/^\d+_/, '').replace(/_\d+$/, '');
const blocks: ReadonlySet<string> = new Set(['handle', 'handle_path', 'route']);
const answers: ReadonlySet<string> = new Set(['reverse_proxy', 'redir']);

/** A password that is asked for in a part of a block only. */
type Guard = { readonly path: string; readonly rules: RouteRules };

function readBlock(block: Block, input: Input): SiteRoute[] {
  const { labels, context } = input;
  let rules = block.rules;
  const guards: Guard[] = [];
  const names = labels.names(...block.at).filter((name) => !(block.at.length === 1 && name === 'tls'));
  for (const name of names.filter((each) => !blocks.has(bare(each)) && !answers.has(bare(each)))) {
    const made = readDirective(bare(name), { labels, context, at: [...block.at, name], path: block.path });
    if (made === undefined) return [];
    const part = /^basic_?auth$/.test(bare(name)) ? guardedPart(labels.get(...block.at, name), block.path) : undefined;
    if (part === undefined) rules = mergeRules(rules, made);
    else guards.push({ path: part, rules: made });
  }
  const here = { ...block, rules };
  const routes = names.flatMap((name): SiteRoute[] => {
    const at = [...block.at, name];
    switch (bare(name)) {
      case 'handle':
      case 'handle_path':
      case 'route':
        return readInner({ ...here, at }, bare(name) === 'handle_path', input);
      case 'reverse_proxy':
        return readProxy({ ...here, at }, input);
      case 'redir':
        return readRedirect({ ...here, at }, input);
      default:
        return [];
    }
  });
  return guards.reduce((all, guard) => withGuard(all, guard), routes);
}

/** The same routes with a password below a path: those above it have another one there, and a redirect comes before passwords. */
function withGuard(routes: readonly SiteRoute[], guard: Guard): SiteRoute[] {
  const isBelow = (path: string, outer: string): boolean => outer === '/' || path === outer || path.startsWith(`${outer}/`);
  const guarded = (route: SiteRoute, path: string): SiteRoute => {
    const { rewrite } = route.rules;
    const rest = path.slice(route.path === '/' ? 0 : route.path.length);
    const moved = rewrite === undefined ? {} : { rewrite: `${rewrite === '/' ? '' : rewrite}${rest}` || '/' };
    return { ...route, path, rules: { ...mergeRules(route.rules, guard.rules), ...moved } };
  };
  return routes.flatMap((route) => {
    if (route.rules.redirect !== undefined) return [route];
    if (isBelow(route.path, guard.path)) return [guarded(route, route.path)];
    const isTaken = routes.some((other) => other.path === guard.path);
    return isBelow(guard.path, route.path) && !isTaken ? [route, guarded(route, guard.path)] : [route];
  });
}

function readInner(block: Block, strips: boolean, input: Input): SiteRoute[] {
  const label = input.labels.get(...block.at);
  const path = pathOf(label?.value === '' ? undefined : label?.value, block.path);
  if (path !== undefined) return readBlock({ ...block, path, strips: block.strips || strips }, input);
  for (const inner of input.labels.under(...block.at))
    notTaken(input.context, inner.mark, `\`${inner.key}\` is behind a matcher that is not a path; no route is made of it`);
  return [];
}

/** The path of a matcher in a block, or undefined when it is something else. */
function pathOf(matcher: string | undefined, outer: string): string | undefined {
  const path = matcher === undefined ? outer : prefixOf(matcher);
  if (path === undefined || path === '/' || outer === '/') return path === '/' ? outer : path;
  return path.startsWith(outer) ? path : undefined;
}

function readProxy(block: Block, input: Input): SiteRoute[] {
  const { labels, context, name } = input;
  const label = labels.get(...block.at);
  if (label === undefined) return [];
  const { matcher, words } = wordsOf(label.value);
  const upstream = upstreamOf(words, name);
  const path = pathOf(matcher, block.path);
  if (upstream === undefined || path === undefined) {
    const isSecure = words.some((word) => /^(?:https:\/\/|\{\{\s*upstreams\s+https\b)/.test(word));
    const elsewhere = isSecure ? 'asks the service by https, which the edge does not' : 'leads elsewhere than to this service';
    const what = upstream === undefined ? elsewhere : 'is behind a matcher that is not a path';
    notTaken(context, label.mark, `\`${label.key}: ${label.value}\` ${what}; no route is made of it`);
    return [];
  }
  if (upstream.h2) input.settings = { ...input.settings, h2: true };
  readPolicy(block, input);
  const headers = ['header_up', 'header_down'].flatMap(
    (each) => readDirective(each, { labels, context, at: [...block.at, each], path }) ?? [],
  );
  // What handle_path takes away is the path of its own block.
  const strip = block.strips && block.path !== '/' ? { rewrite: path.slice(block.path.length) || '/' } : {};
  return [{ path, target: upstream.target, rules: headers.reduce(mergeRules, mergeRules(block.rules, strip)) }];
}

/** Of the policies only the cookie is a wish of the service; the edge has its own way else. */
function readPolicy(block: Block, input: Input): void {
  const policy = input.labels.get(...block.at, 'lb_policy');
  if (policy === undefined) return;
  const [kind, cookie = stickyCookie(input.name)] = policy.value.split(/\s+/);
  if (kind === 'cookie' && cookieProblem(cookie) === undefined) input.settings = { ...input.settings, sticky: { cookie } };
  else notTaken(input.context, policy.mark, `\`${policy.key}: ${policy.value}\` has no effect`);
}

const redirectCodes = { permanent: 308, temporary: 302, '301': 301, '302': 302, '303': 303, '307': 307, '308': 308 } as const;

function readRedirect(block: Block, { labels, context }: Input): SiteRoute[] {
  const label = labels.get(...block.at);
  if (label === undefined) return [];
  const found = wordsOf(label.value);
  // `redir /new`: what looks like a matcher is where to when nothing but a code follows.
  const isTarget = found.matcher !== undefined && !found.words.some((word) => /^(?:https?:\/\/|\/|\{)/.test(word));
  const [written = '', code = 'temporary'] = isTarget ? [found.matcher, ...found.words] : found.words;
  const to = written.replace('{uri}', '{path}{query}').replace('{http.request.uri}', '{path}{query}');
  const path = pathOf(isTarget ? undefined : found.matcher, block.path);
  const wanted = Object.entries(redirectCodes).find(([word]) => word === code)?.[1];
  if (path !== undefined && wanted !== undefined && redirectProblem(to) === undefined)
    return [{ path, target: undefined, rules: mergeRules(block.rules, { redirect: { to, code: wanted } }) }];
  notTaken(context, label.mark, `\`${label.key}: ${label.value}\` is not understood; no route is made of it`);
  return [];
}
