import { redirectProblem } from '../../text/route-forms.ts';

/** The route that a middleware changes. */
export type Target = { readonly host: string | undefined; readonly path: string; readonly tls: boolean };

/** Paths that no pattern names: what comes out of them shows what a redirect does with any path. */
const samples = [
  { path: '/q7x/w3z', query: '?k=v9' },
  { path: '/m2', query: '?n' },
] as const;

/**
 * Where a redirect by regular expression leads for the host of a route, with `{path}` and `{query}` for those of the
 * request; `none` where it leaves the address as it is, and `other` where it depends on more than the host.
 */
export function redirectByRegex(
  rule: { readonly regex: string; readonly replacement: string },
  { host, tls }: Pick<Target, 'host' | 'tls'>,
): string {
  const expression = toExpression(rule.regex);
  if (expression === undefined) return 'other';
  const replacement = rule.replacement.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`));
  const name = host === undefined || host.startsWith('*') ? 'any-host.example' : host;
  const scheme = tls ? 'https://' : 'http://';
  const made = samples.map(({ path, query }) => {
    const url = `${scheme}${name}${path}${query}`;
    const to = url.replace(expression, replacement);
    return to === url ? 'none' : templateOf(to, path, query);
  });
  const [first = 'other', second] = made;
  // One that knows another path than `/`, or copies a host that may be any, says more than a template can. One that does
  // nothing here is understood where it is about `www.` in front.
  const other = name.startsWith('www.') ? name.slice('www.'.length) : `www.${name}`;
  const known = first === 'none' ? [name, other] : [name];
  const isForAll = known.some((each) => expression.test(`${scheme}${each}/`));
  if (first === 'none' && second === 'none' && isForAll) return 'none';
  return first === second && isForAll && !first.includes('any-host') && redirectProblem(first) === undefined ? first : 'other';
}

function templateOf(to: string, path: string, query: string): string {
  if (!/^https?:\/\/[^/]+/.test(to)) return 'other';
  if (to.endsWith(`${path}${query}`)) return `${to.slice(0, to.length - path.length - query.length)}{path}{query}`;
  return to.endsWith(path) ? `${to.slice(0, to.length - path.length)}{path}` : to;
}

/** Go's expression as JavaScript's, which differs in how groups are named. */
function toExpression(regex: string): RegExp | undefined {
  try {
    return new RegExp(regex.replaceAll('(?P<', '(?<'));
  } catch {
    // Go has forms that JavaScript has not; the caller says that it was not taken.
    return undefined;
  }
}
