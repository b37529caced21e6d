import { hostProblem, pathProblem } from '../../text/route-forms.ts';

/** One address of a site. `tls`: Caddy ends TLS there. */
export type Site = { readonly host: string | undefined; readonly port: number | undefined; readonly tls: boolean };

/** The addresses of a site (`example.com, http://x:8080, :80`); a text for what is none. */
export function parseSites(value: string): readonly (Site | string)[] {
  return value.split(/[\s,]+/).flatMap((address) => (address === '' ? [] : [parseSite(address)]));
}

function parseSite(address: string): Site | string {
  const [all, scheme = '', name = '', digits] = /^(?:(https?):\/\/)?([^:/]*)(?::(\d+))?$/i.exec(address) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (all === undefined || all === scheme || (port !== undefined && (port < 1 || port > 65_535)))
    return `\`${address}\` is not an address of a site`;
  const host = name === '' || name === '*' ? undefined : name.toLowerCase();
  const wrong = host === undefined ? undefined : hostProblem(host);
  if (wrong !== undefined) return `the host \`${name}\` ${wrong}`;
  return { host, port, tls: scheme === '' ? isSecure(host, port) : scheme.toLowerCase() === 'https' };
}

/** Caddy ends TLS wherever a host is written, save on port 80. */
function isSecure(host: string | undefined, port: number | undefined): boolean {
  return port === 443 || (host !== undefined && port !== 80);
}

/** The path prefix of a matcher, or undefined when it is something else: `/api/*`, `/api*`, `*`. */
export function prefixOf(matcher: string): string | undefined {
  if (matcher === '*' || matcher === '/*') return '/';
  const [, prefix] = /^(\/[^*{}?#]*)\*?$/.exec(matcher) ?? [];
  if (prefix === undefined || pathProblem(prefix) !== undefined) return undefined;
  return prefix === '/' ? prefix : prefix.replace(/\/$/, '');
}

/** The words of a directive: a matcher in front is told apart. */
export function wordsOf(value: string): { readonly matcher: string | undefined; readonly words: readonly string[] } {
  const words = [...value.matchAll(/\{\{[^}]*\}\}|"((?:[^"\\]|\\.)*)"|\S+/g)].map(([all, quoted]) => quoted ?? all);
  const [first = ''] = words;
  return /^(?:[/@*](?!\/))/.test(first) ? { matcher: first, words: words.slice(1) } : { matcher: undefined, words };
}

/** The container port of `{{upstreams [SCHEME] [PORT]}}` or `SERVICE:PORT`, or undefined when it leads elsewhere. */
export function upstreamOf(
  words: readonly string[],
  service: string,
): { readonly target: number | undefined; readonly h2: boolean } | undefined {
  const [only, ...more] = words;
  if (only === undefined || more.length > 0) return undefined;
  const template = /^\{\{\s*upstreams(?:\s+(http|h2c))?(?:\s+(\d+))?\s*\}\}$/.exec(only);
  const written = /^(?:(http|h2c):\/\/)?([^:/]+)(?::(\d+))?$/.exec(only);
  const [scheme, port] = template === null ? [written?.[1], written?.[3]] : [template[1], template[2]];
  const target = port === undefined ? undefined : Number(port);
  const isPort = target === undefined || (target >= 1 && target <= 65_535);
  return (template !== null || written?.[2] === service) && isPort ? { target, h2: scheme === 'h2c' } : undefined;
}
