import { sha256 } from '../../kit/index.ts';
import type { Backend, Listener, ProxyServer } from '../../model/index.ts';
import { backendErrors } from './pages.ts';
import { takersOf, tookIt } from './selection.ts';
import { endpointWord, hostHeaderWord, nameWord, pathWord, tokenWord, weightWord } from './words.ts';

/** How a server is declared, the same in the file and on the command line, so that a reload changes nothing. */
export function serverWords(server: ProxyServer, backend: Backend): string {
  return [
    endpointWord(server.address, server.port),
    `weight ${weightWord(effectiveWeight(server))}`,
    'check inter 1s fall 2 rise 1',
    ...spokenTo(server, backend),
    ...(backend.sticky === undefined ? [] : [`cookie ${sha256(server.name).slice(0, 16)}`]),
    ...(isAway(server, backend) ? ['disabled'] : []),
  ].join(' ');
}

/** A draining server has weight 0 in the file: whoever reads the file next drains it too. */
export function effectiveWeight(server: ProxyServer): number {
  return server.state === 'drain' ? 0 : server.weight;
}

/**
 * Weight 0 and the drain state still take the requests of clients that hold the server's cookie; maintenance sends them to
 * another server, and lets those in hand end just the same.
 */
export function isAway(server: ProxyServer, { sticky }: Pick<Backend, 'sticky'>): boolean {
  return sticky !== undefined && server.state === 'drain';
}

/**
 * How often half of the connections that were not needed lately are closed, the longest idle first: one is gone after 0.6 s,
 * a hundred after two. Instances close idle ones after 2 s (gunicorn), 5 s (Node.js, uvicorn) or more, and a POST that is
 * sent in that moment is lost.
 */
const purgeMs = 200;

/** How a server is spoken to. */
function spokenTo({ h2, sendProxy }: Pick<ProxyServer, 'h2' | 'sendProxy'>, { check: c, mode }: Backend): string[] {
  return [
    ...(mode === 'http' ? [`pool-purge-delay ${purgeMs}ms`] : []),
    ...(h2 === true ? ['proto h2', ...(c.kind === 'http' ? ['check-proto h2'] : [])] : []),
    ...(sendProxy === undefined ? [] : [sendProxy === 'v2' ? 'send-proxy-v2' : 'send-proxy', 'check-send-proxy']),
  ];
}

/**
 * What can be told of a server only when it is added: how servers are to be spoken to, and which of them are still spoken to
 * otherwise. A change of it is no change of a server, and needs a reload.
 */
export function fixedServerWords(backend: Backend): string[] {
  const usual = spokenTo(backend, backend).join(' ');
  return [usual, ...new Set(backend.servers.map((s) => spokenTo(s, backend).join(' ')).filter((words) => words !== usual))];
}

/** A backend with its check and its servers, and with what rules of listeners ask of it. */
export function backend(b: Backend, listeners: readonly Listener[] = []): string[] {
  return [
    `backend ${nameWord(b.name)} from ${b.mode}`,
    ...check(b),
    // Only what is safe to do twice is sent again after a server fell silent; a failed connection is always safe.
    ...(b.mode === 'http' ? ['  http-request disable-l7-retry unless { method GET HEAD OPTIONS }'] : []),
    ...(b.sticky === undefined ? [] : [`  cookie ${tokenWord(b.sticky.cookie)} insert indirect nocache httponly attr 'SameSite=Lax'`]),
    // Of a connection that is only passed on, it counts for both directions, and over the time-outs of client and server.
    ...(b.idleMs === undefined ? [] : [`  timeout tunnel ${b.idleMs}ms`, `  timeout server-fin ${b.idleMs}ms`]),
    ...asked(b, listeners),
    ...b.servers.map((s) => `  server ${nameWord(s.name)} ${serverWords(s, b)}`),
  ];
}

/** What HAProxy can only do where it asks the instances: time-outs of a route, compression, and pages for failures. */
function asked(b: Backend, listeners: readonly Listener[]): string[] {
  if (b.mode === 'tcp') return [];
  const mine = listeners.flatMap((l) => takersOf(l.rules)).filter(({ rule }) => rule.backend === b.name);
  const timeouts = mine.flatMap(({ rule, id }) => {
    const ms = rule.rules?.timeoutMs;
    return ms === undefined ? [] : [`  http-request set-timeout server ${ms}ms if ${tookIt(id)}`];
  });
  const pages = mine.find(({ rule }) => rule.rules?.errorPages !== undefined)?.rule.rules?.errorPages ?? {};
  return [...new Set(timeouts), ...(mine.some(({ rule }) => rule.rules?.compress === true) ? compression : []), ...backendErrors(pages)];
}

/** Text alone: pictures and archives are packed already. HAProxy leaves what has a Content-Encoding as it is. */
const compression: readonly string[] = [
  '  compression algo gzip',
  `  compression type ${[
    'text/html',
    'text/plain',
    'text/css',
    'text/csv',
    'text/xml',
    'text/javascript',
    'text/markdown',
    'application/javascript',
    'application/json',
    'application/ld+json',
    'application/manifest+json',
    'application/rss+xml',
    'application/atom+xml',
    'application/xml',
    'application/wasm',
    'image/svg+xml',
  ].join(' ')}`,
];

function check({ check: c, h2 }: Backend): string[] {
  if (c.kind === 'tcp') return [];
  const host = hostHeaderWord(c.host ?? 'localhost');
  const [version, close] = h2 === true ? ['HTTP/2', ''] : ['HTTP/1.1', ' hdr Connection close'];
  return [
    '  option httpchk',
    `  http-check send meth GET uri ${pathWord(c.path)} ver ${version} hdr Host ${host} hdr User-Agent berth-check${close}`,
    '  http-check expect status 200-399',
  ];
}
