import type { RouteRules } from '../../../model/index.ts';
import type { Context } from '../../resolve/context.ts';
import { defined } from '../../resolve/get.ts';
import { rangeProblem } from '../../text/addresses.ts';
import { hashProblem, headerNameProblem, headerValueProblem, longestMs, pathProblem } from '../../text/route-forms.ts';
import { durationMs } from '../../text/units.ts';
import { hashHint, userProblem } from '../basic-auth.ts';
import { commaList, isOn, notTaken, type Label, type Labels } from './labels.ts';
import { mergeRules } from '../merge-rules.ts';
import { redirectByRegex, type Target } from './traefik-redirect.ts';

/** The rules of a middleware, or why a route without it would let more through than Traefik does. */
type Outcome = RouteRules | { readonly closed: string; readonly hint?: string };

/** For which route middlewares are read. `shared`: the labels of all services, whichever of them describes a middleware. */
type On = {
  readonly mode: 'http' | 'tcp';
  readonly labels: Labels;
  readonly shared: Labels;
  readonly target: Target;
  readonly context: Context;
};

/** The same, and where a middleware is described. */
type Input = On & { readonly at: readonly string[]; readonly type: string };

/** What a router's middlewares do to a route, in their order; undefined where the route must not be made, which was said. */
export function applyMiddlewares(names: readonly { readonly name: string; readonly label: Label }[], on: On): RouteRules | undefined {
  let rules: RouteRules = {};
  for (const { name, label } of names) {
    const made = applyOne(name, on, 0);
    if ('closed' in made) {
      notTaken(
        on.context,
        label.mark,
        `\`${label.key}\`: the middleware \`${name}\` ${made.closed}; no route is made without it`,
        made.hint,
      );
      // Whoever reads this has one thing to mend, not every label of the other ones besides.
      for (const other of names) readAll(other.name, on);
      return undefined;
    }
    rules = mergeRules(rules, made);
  }
  return rules;
}

function readAll(name: string, { mode, labels }: On): void {
  labels.under('traefik', mode, 'middlewares', name.toLowerCase().split('@')[0] ?? '');
}

function applyOne(name: string, on: On, depth: number): Outcome {
  const [own = '', provider] = name.toLowerCase().split('@');
  if (provider !== undefined && provider !== 'docker') return { closed: `is described outside of this file (\`@${provider}\`)` };
  const base = ['traefik', on.mode, 'middlewares', own];
  const labels = on.labels.names(...base).length > 0 ? on.labels : on.shared;
  const [type] = labels.names(...base);
  if (type === undefined) return { closed: 'is not described by a label of this file' };
  const at = [...base, type];
  if (type === 'chain') return applyChain(labels.get(...at, 'middlewares')?.value ?? '', on, depth);
  const apply = (on.mode === 'tcp' ? forConnections : middlewares)[type];
  if (apply !== undefined) return apply({ ...on, labels, at, type });
  labels.under(...at);
  if (harmless.has(type)) {
    sayUnread({ ...on, labels, at, type }, 'has no effect');
    return {};
  }
  return { closed: `is of a kind that berth does not have (\`${type}\`)` };
}

function applyChain(names: string, on: On, depth: number): Outcome {
  if (depth > 8) return { closed: 'contains itself' };
  let rules: RouteRules = {};
  for (const name of commaList(names)) {
    const made = applyOne(name, on, depth + 1);
    if ('closed' in made) return { ...made, closed: `needs \`${name}\`, which ${made.closed}` };
    rules = mergeRules(rules, made);
  }
  return rules;
}

/** Kinds without which nobody gets in who would not otherwise: their absence is said. */
const harmless: ReadonlySet<string> = new Set([
  'retry',
  'circuitbreaker',
  'inflightreq',
  'inflightconn',
  'errors',
  'contenttype',
  'passtlsclientcert',
  'grpcweb',
]);

function sayUnread(input: Input, words: string): void {
  for (const label of input.labels.under(...input.at)) notTaken(input.context, label.mark, `\`${label.key}\` ${words}`);
}

const value = (input: Input, ...path: string[]): string | undefined => input.labels.get(...input.at, ...path)?.value;

const forConnections: Readonly<Record<string, (input: Input) => Outcome>> = { ipallowlist: readRanges, ipwhitelist: readRanges };

const middlewares: Readonly<Record<string, (input: Input) => Outcome>> = {
  stripprefix: (input) => {
    const prefixes = commaList(value(input, 'prefixes') ?? '').map((prefix) => prefix.replace(/\/+$/, ''));
    value(input, 'forceslash');
    const prefix = prefixes
      .filter((each) => input.target.path === each || input.target.path.startsWith(`${each}/`))
      .toSorted((a, b) => b.length - a.length)[0];
    if (prefix !== undefined) return { rewrite: input.target.path.slice(prefix.length) || '/' };
    return { closed: `strips \`${prefixes.join('`, `')}\`, which the route's path (\`${input.target.path}\`) does not start with` };
  },
  addprefix: (input) => {
    const prefix = (value(input, 'prefix') ?? '').replace(/\/+$/, '');
    const wrong = pathProblem(prefix);
    if (wrong !== undefined) return { closed: `adds \`${prefix}\`, which ${wrong}` };
    return { rewrite: input.target.path === '/' ? `${prefix}/` : `${prefix}${input.target.path}` };
  },
  redirectscheme: (input) => {
    const port = Number(value(input, 'port') ?? 443);
    value(input, 'permanent');
    if (!Number.isInteger(port) || port < 1 || port > 65_535) return { closed: 'leads to a port that is none' };
    if (value(input, 'scheme')?.toLowerCase() !== 'https') return { closed: 'leads to another scheme than https' };
    return input.target.tls ? {} : { httpsRedirect: { port } };
  },
  redirectregex: (input) => {
    const regex = value(input, 'regex');
    const to = redirectByRegex({ regex: regex ?? '', replacement: value(input, 'replacement') ?? '' }, input.target);
    const code = isOn(input.labels.get(...input.at, 'permanent')) ? (308 as const) : (307 as const);
    if (to === 'other') return { closed: `redirects by a pattern (\`${regex ?? ''}\`) that is more than another host` };
    return to === 'none' ? {} : { redirect: { to, code } };
  },
  headers: readHeaders,
  basicauth: readUsers,
  ipallowlist: readRanges,
  ipwhitelist: readRanges,
  ratelimit: readRate,
  compress: (input) => {
    for (const label of input.labels.under(...input.at))
      if (label.parts.length > input.at.length) notTaken(input.context, label.mark, `\`${label.key}\` has no effect`);
    return { compress: true };
  },
  buffering: (input) => {
    const bytes = Number(value(input, 'maxrequestbodybytes') ?? 0);
    for (const label of input.labels.under(...input.at))
      if (!/\.maxrequestbodybytes$/i.test(label.key)) notTaken(input.context, label.mark, `\`${label.key}\` has no effect`);
    return Number.isSafeInteger(bytes) && bytes > 0 ? { maxBodyBytes: bytes } : {};
  },
};

/** Headers that a switch stands for. */
const switches: Readonly<Record<string, readonly [name: string, value: string]>> = {
  framedeny: ['X-Frame-Options', 'DENY'],
  contenttypenosniff: ['X-Content-Type-Options', 'nosniff'],
  browserxssfilter: ['X-XSS-Protection', '1; mode=block'],
};
/** Headers whose value an option is. */
const named: Readonly<Record<string, string>> = {
  customframeoptionsvalue: 'X-Frame-Options',
  custombrowserxssvalue: 'X-XSS-Protection',
  contentsecuritypolicy: 'Content-Security-Policy',
  referrerpolicy: 'Referrer-Policy',
  permissionspolicy: 'Permissions-Policy',
};

type Changes = { readonly set: Record<string, string>; readonly remove: string[] };

function readHeaders(input: Input): Outcome {
  const request: Changes = { set: {}, remove: [] };
  const response: Changes = { set: {}, remove: [] };
  const seconds = Number(value(input, 'stsseconds') ?? 0);
  const sts = ['stsincludesubdomains', 'stspreload'].map((option) => isOn(input.labels.get(...input.at, option)));
  value(input, 'forcestsheader');
  for (const label of input.labels.under(...input.at)) readHeader(label, label.parts.slice(input.at.length), { request, response, input });
  const hsts = `max-age=${String(seconds)}${sts[0] === true ? '; includeSubDomains' : ''}${sts[1] === true ? '; preload' : ''}`;
  return defined({
    requestHeaders: isEmpty(request) ? undefined : request,
    responseHeaders: isEmpty(response) ? undefined : response,
    hsts: Number.isInteger(seconds) && seconds > 0 && input.target.tls ? hsts : undefined,
  });
}

function isEmpty(changes: Changes): boolean {
  return Object.keys(changes.set).length + changes.remove.length === 0;
}

function readHeader(label: Label, path: readonly string[], into: { request: Changes; response: Changes; input: Input }): void {
  const [option = '', ...rest] = path;
  const name = rest.join('.');
  const lower = option.toLowerCase();
  const fixed = isOn(label) ? switches[lower] : undefined;
  if (fixed !== undefined) into.response.set[fixed[0]] = fixed[1];
  else if (named[lower] !== undefined) change(into.response, named[lower], label, into.input);
  else if (lower === 'customrequestheaders' && name !== '') change(into.request, name, label, into.input);
  else if (lower === 'customresponseheaders' && name !== '') change(into.response, name, label, into.input);
  else if (!lower.includes('sts') && switches[lower] === undefined)
    notTaken(into.input.context, label.mark, `\`${label.key}\` has no effect`);
}

function change(changes: Changes, name: string, label: Label, input: Input): void {
  const wrong = headerNameProblem(name) ?? headerValueProblem(label.value);
  if (wrong !== undefined) notTaken(input.context, label.mark, `\`${label.key}\`: the header \`${name}\` ${wrong}`);
  else if (label.value === '') changes.remove.push(name);
  else changes.set[name] = label.value;
}

function readUsers(input: Input): Outcome {
  const users: Record<string, string> = {};
  const label = input.labels.get(...input.at, 'users');
  if (label === undefined) return { closed: 'has its users in a file (`usersfile`)' };
  for (const line of commaList(label.value)) {
    const [, user = '', hash = ''] = /^([^:]*):(.*)$/.exec(line) ?? [];
    const wrong = userProblem(user) ?? hashProblem(hash);
    if (wrong !== undefined) return { closed: `has a user whose password ${wrong}`, hint: hashHint };
    users[user] = hash;
  }
  const hides = isOn(input.labels.get(...input.at, 'removeheader'));
  return defined({ basicAuth: users, requestHeaders: hides ? { set: {}, remove: ['Authorization'] } : undefined });
}

function readRanges(input: Input): Outcome {
  const allow = commaList(value(input, 'sourcerange') ?? '');
  const wrong = allow.find((range) => rangeProblem(range) !== undefined);
  if (allow.length === 0 || wrong !== undefined) return { closed: `allows \`${wrong ?? ''}\`, which ${rangeProblem(wrong ?? '') ?? ''}` };
  return { allow };
}

/** Traefik's bucket of `burst` that fills by `average` in a `period`: the same rate and the same burst over a longer time. */
function readRate(input: Input): Outcome {
  const average = Number(value(input, 'average') ?? 0);
  const burst = Number(value(input, 'burst') ?? 1);
  const period = value(input, 'period') ?? '1s';
  const periodMs = /^\d+$/.test(period) ? Number(period) * 1000 : durationMs(period);
  if (average === 0) return {};
  const requests = Math.max(average, burst);
  const perMs = periodMs === undefined ? Number.NaN : Math.round((periodMs * requests) / average);
  if (!Number.isSafeInteger(requests) || requests < 1 || !(perMs >= 1 && perMs <= longestMs)) return { closed: 'has a rate that is none' };
  return { rateLimit: { requests, perMs } };
}
