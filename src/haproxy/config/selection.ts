import type { Rule } from '../../model/index.ts';
import { hostWord, quoted, ruleHostWord, rulePath } from './words.ts';

/** A rule of a listener with the ACL that holds for the requests that it took. */
export type Taker = { readonly rule: Rule; readonly acl: string; readonly id: string };

/** The rules that can take a request, first come first served; of two for the same place only the first ever would. */
export function takersOf(rules: readonly Rule[]): Taker[] {
  const ids = new Set<string>();
  return rules.flatMap((rule): Taker[] => {
    const id = routeId(rule);
    if (ids.has(id)) return [];
    ids.add(id);
    return [{ rule, id, acl: `route_${ids.size - 1}` }];
  });
}

/** What the access log and the rules call a route: `shop.example.com/api`, with `*` for any host. */
export function routeId({ host, path }: Pick<Rule, 'host' | 'path'>): string {
  return `${host === undefined ? '*' : ruleHostWord(host)}${rulePath(path)}`;
}

/** Whether a request was taken by this rule, as HAProxy's condition; holds in backends, too. */
export const tookIt = (id: string): string => `{ var(txn.berth_route) -m str ${quoted(id)} }`;

/** Notes in `txn.berth_route` which rule takes a request. Wants `txn.berth_host` where a rule has a host. */
export function selectRoute(takers: readonly Taker[]): string[] {
  if (takers.length === 0) return [];
  return [
    ...(takers.some((t) => rulePath(t.rule.path) !== '/') ? readPath : []),
    ...takers.map(
      ({ rule, id }) =>
        `  http-request set-var(txn.berth_route) ${quoted(`str("${id}")`)} if ${waysTo(rule)
          .map((way) => `!{ var(txn.berth_route) -m found }${way}`)
          .join(' or ')}`,
    ),
    ...takers.map(({ acl, id }) => `  acl ${acl} var(txn.berth_route) -m str ${quoted(id)}`),
  ];
}

/**
 * `txn.berth_path` is the path as an application may understand it: decoded, without dot segments and double slashes. Else
 * `/%61dmin` or `/x/../admin` would pass the rules of `/admin` by. The request itself goes on as it came.
 */
const readPath: readonly string[] = [
  '  http-request set-var(txn.berth_path) path',
  "  http-request set-var(txn.berth_uri) pathq if { path -m reg '%|//|/[.]' }",
  '  acl odd_path var(txn.berth_uri) -m found',
  `  http-request set-path '%[path,regsub("%3[fF]",_,g),url_dec]' if odd_path`,
  '  http-request normalize-uri path-strip-dot if odd_path',
  '  http-request normalize-uri path-strip-dotdot full if odd_path',
  '  http-request normalize-uri path-merge-slashes if odd_path',
  '  http-request set-var(txn.berth_path) path if odd_path',
  '  http-request set-pathq %[var(txn.berth_uri)] if odd_path',
];

/** A path matches whole segments: `/api` takes `/api` and `/api/x`, not `/apis`. */
function waysTo({ host, path }: Rule): string[] {
  const onHost =
    host === undefined ? '' : ` { var(txn.berth_host) -m ${host.startsWith('*.') ? `end .${hostWord(host)}` : `str ${hostWord(host)}`} }`;
  const exact = rulePath(path);
  if (exact === '/') return [onHost];
  return [`${onHost} { var(txn.berth_path) -m str ${quoted(exact)} }`, `${onHost} { var(txn.berth_path) -m beg ${quoted(`${exact}/`)} }`];
}
