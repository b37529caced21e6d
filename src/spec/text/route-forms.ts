import { durationMs } from './units.ts';

/** Says in words what keeps a text from being of a kind, or undefined when it is. */
type Problem = string | undefined;

const hostName = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** What keeps a text from being the host of a route. */
export function hostProblem(host: string): Problem {
  if (hostName.test(host) && host.length <= 253) return undefined;
  if (/^[a-z]+:\/\//i.test(host)) return 'must be a host name alone, without `http://`';
  if (/^[^:/]+:\d+$/.test(host)) return 'must be a host name alone; the port is a key of its own, `port`';
  if (/^[^/]+\//.test(host)) return 'must be a host name alone; the path is a key of its own, `path`';
  if (/[^ -~]/.test(host)) return 'must be written as clients send it: in ASCII, as `xn--…` (Punycode)';
  if (host.includes('*')) return 'may have one `*`, alone at its start, as in `*.example.com`; leave the host out for every host';
  return 'must be a host name, such as `shop.example.com` or `*.example.com`';
}

/** What keeps a text from being the path of a route: also a path that no request can ever have. */
export function pathProblem(path: string): Problem {
  if (!path.startsWith('/')) return 'must be a path that starts with `/`';
  if (/[?#]/.test(path)) return 'can never match: a path ends before `?` and `#`';
  if (path.includes('*')) return 'would match a `*` only; a path is a prefix as it is, so leave the `*` out';
  if (path.split('/').some((part) => part === '.' || part === '..')) return 'can never match: clients take `.` and `..` out of a path';
  if (path.includes('//')) return 'has an empty part (`//`), which counts as none';
  if (path.length > 1000) return 'is longer than 1000 letters';
  if (/[^A-Za-z0-9._~!$&'()+,;=:@%/-]/.test(path)) return `can never match: requests carry it as \`${encodeURI(path)}\``;
  const decoded = decodePath(path);
  if (decoded === undefined) return 'has a `%` that stands for no letter';
  return /["\\]|\p{Cc}/u.test(decoded) ? 'holds quotes, backslashes or control characters' : undefined;
}

/** A path as applications understand it, or undefined when it cannot be understood. */
export function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    // The caller says so, with the place.
    return undefined;
  }
}

/** What a short form says; each part may be absent, but not all. */
type ShortRoute = { readonly host: string | undefined; readonly port: number | undefined; readonly path: string | undefined };

/** `[HOST][:PORT][/PATH]` taken apart, or what is wrong with it. */
export function parseRoute(text: string): ShortRoute | string {
  const [, host, digits, path] = /^([^:/\s]+)?(?::(\d+))?(\/\S*)?$/.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined && port === undefined && path === undefined)
    return 'must be `HOST`, `HOST/PATH`, `HOST:PORT`, `/PATH` or `:PORT`, without `http://`';
  if (port !== undefined && (port < 1 || port > 65_535)) return `has the port ${String(port)}; it must be 1 to 65535`;
  return (host && hostProblem(host)) ?? (path && pathProblem(path)) ?? { host, port, path };
}

/** The longest time that HAProxy can count, 24 days. */
export const longestMs = 24 * 86_400_000;

/** `100/1m`, `20/s`: so many requests in such a time; or what is wrong with it. */
export function parseRate(text: string): { readonly requests: number; readonly perMs: number } | string {
  const [, requests, per = ''] = /^(\d+)\s*\/\s*(\S+)$/.exec(text) ?? [];
  const perMs = durationMs(/^\d/.test(per) ? per : `1${per}`);
  if (requests === undefined || perMs === undefined) return 'must be requests per time, such as `100/1m` or `20/s`';
  return rateProblem(Number(requests), perMs) ?? { requests: Number(requests), perMs };
}

/** What keeps a rate from being one. */
export function rateProblem(requests: number, perMs: number): Problem {
  if (requests < 1) return 'lets nothing through; leave it out for no limit';
  if (requests > 4_000_000_000) return 'is no limit; leave it out';
  if (perMs < 1) return 'counts over no time at all';
  return perMs > longestMs ? 'counts over more than 24 days, the longest that the proxy can' : undefined;
}

/** What keeps a text from being the name of a header (RFC 9110, 5.1). */
export function headerNameProblem(name: string): Problem {
  if (!/^[\w!#$&*+.^`|~-]+$/.test(name)) return 'may hold letters, digits and `!#$&*+-.^_|~`';
  if (/^(?:content-length|transfer-encoding|connection|upgrade|keep-alive|te|trailer)$/i.test(name))
    return 'frames the message or the connection, which is up to the proxy';
  return undefined;
}

/** What keeps a text from being the value of a header (RFC 9110, 5.5). */
export function headerValueProblem(value: string): Problem {
  if (/[\r\n]/.test(value)) return 'holds a line break, which would begin another header';
  return /(?!\t)\p{Cc}/u.test(value) ? 'holds a control character' : undefined;
}

/** What keeps a text from being the name of a cookie (RFC 6265, 4.1.1). */
export function cookieProblem(name: string): Problem {
  return /^[\w!#$&*+.^`|~-]+$/.test(name) ? undefined : 'must be the name of a cookie: letters, digits, `-` and `_`';
}

/** What keeps a text from being where a redirect leads. */
export function redirectProblem(to: string): Problem {
  if (!/^[\u0021-\u007e]+$/.test(to)) return 'must be an address without blanks, line breaks and letters outside ASCII';
  const unknown = [...to.matchAll(/\{[^}]*\}?/g)].map(([part]) => part).find((part) => part !== '{path}' && part !== '{query}');
  if (unknown !== undefined) return `holds \`${unknown}\`; only \`{path}\` and \`{query}\` are filled in`;
  if (/^\/(?!\/)/.test(to) || to.startsWith('{path}')) return undefined;
  const [, host] = /^https?:\/\/([^/{?#:]+)(?::\d+)?(?:[/{?#].*)?$/i.exec(to) ?? [];
  if (host === undefined) return 'must begin with `https://HOST`, `http://HOST` or `/`';
  return host.includes('*') ? 'needs one host, without `*`' : hostProblem(host);
}

/** Statuses that the edge answers for a route by itself. */
const ownStatuses = [401, 403, 411, 413, 429, 500, 502, 503, 504];

/** What keeps a text from being the status of an error page. */
export function statusProblem(status: string): Problem {
  return ownStatuses.some((own) => String(own) === status)
    ? undefined
    : `must be a status that the proxy itself answers: ${ownStatuses.join(', ')}`;
}

/** What keeps a text from being the hash of a password as crypt(3) knows it; never shows the text. */
export function hashProblem(hash: string): Problem {
  const [, cost] = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash) ?? [];
  const [, rounds] = /^\$(?:5(?=.*\$.{43}$)|6(?=.*\$.{86}$))\$(?:rounds=(\d+)\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]+$/.exec(hash) ?? [
    undefined,
    '',
  ];
  const [, effort] = /^\$y\$(j[./A-Za-z0-9]{2,4})\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}$/.exec(hash) ?? [];
  if (isSlow(cost, rounds, effort)) return 'takes the proxy longer than 200 ms to check, in which other requests wait';
  if (cost !== undefined || effort !== undefined || rounds !== '') return undefined;
  if (hash.startsWith('$apr1$')) return "is hashed in Apache's own way (`$apr1$`), which the proxy does not know";
  if (hash.startsWith('{SHA}')) return 'is an unsalted `{SHA}` hash, which the proxy does not know';
  if (/^\$(?:\d|2[aby]|y\$)/.test(hash)) return 'is a hash that is cut short or of an unknown kind';
  return 'must be the hash of a password, not a password';
}

/**
 * Measured on one core of a server: bcrypt takes 190 ms at cost 12, SHA-crypt 200 ms with a million rounds, yescrypt 35 ms as
 * `mkpasswd` makes it (`j9T`), and twice as long with each further step.
 */
function isSlow(cost: string | undefined, rounds: string | undefined, effort: string | undefined): boolean {
  const isSlowYescrypt = effort !== undefined && !/^j[7-9AB][5T]$/.test(effort);
  return Number(cost ?? 0) > 12 || Number(rounds ?? 0) > 1_000_000 || isSlowYescrypt;
}
