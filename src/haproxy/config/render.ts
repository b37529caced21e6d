import { sha256 } from '../../kit/index.ts';
import type { Backend, ProxyConfig, ProxyServer, Listener, Rule } from '../../model/index.ts';
import { errorPages, noRoutePage } from './pages.ts';
import { addressWord, endpointWord, hostHeaderWord, hostWord, nameWord, pathWord, portWord, weightWord } from './words.ts';

/** What the configuration depends on besides the wanted state. */
export type RenderOptions = {
  /** Whether the machine has IPv6; without it an IPv6 address cannot be bound. */
  readonly ipv6: boolean;
  /** Who may use the sockets: the server's user. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Write one JSON line a request to this datagram socket (a path inside the container). */
  readonly accessLog?: string | undefined;
};

/** A configuration and the hash of what in it can only be changed by a reload. */
export type Rendered = { readonly text: string; readonly staticHash: string; readonly hash: string };

/** Where the container sees the directory with sockets and the running configuration. */
export const runMount = '/run/berth';
export const runtimeSocket = 'edge.sock';
export const masterSocket = 'master.sock';
/** The variable of the HAProxy process that says which static part it runs. */
export const staticVariable = 'proc.berth_static';

/** HAProxy's configuration for a wanted state, as text. Equal input gives equal text. */
export function renderConfig(config: ProxyConfig, options: RenderOptions): string {
  return render(config, options).text;
}

/** HAProxy's configuration with the hashes that tell whether a running HAProxy has it. */
export function render(config: ProxyConfig, options: RenderOptions): Rendered {
  const bare = { ...config, backends: config.backends.map((b) => ({ ...b, servers: [] })) };
  const staticHash = sha256(body(bare, options)).slice(0, 32);
  const text = head(options, staticHash) + body(config, options);
  return { text, staticHash, hash: sha256(text).slice(0, 32) };
}

/** The addresses that a configuration binds, `address port`, as `boundBy` reads them back. */
export function bindsOf(listener: Pick<Listener, 'address' | 'port'>, ipv6: boolean): string[] {
  const port = portWord(listener.port);
  if (listener.address === '') return ipv6 ? [`0.0.0.0:${port}`, `:::${port} v6only`] : [`0.0.0.0:${port}`];
  const address = addressWord(listener.address);
  return [address.includes(':') ? `${address}:${port} v6only` : `${address}:${port}`];
}

/** The binds in a configuration's text. */
export function boundBy(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^ {2}bind (.+)$/gm)].map((match) => match[1] ?? ''));
}

/** How a server is declared, the same in the file and on the command line, so that a reload changes nothing. */
export function serverWords(server: ProxyServer): string {
  return `${endpointWord(server.address, server.port)} weight ${weightWord(effectiveWeight(server))} check inter 1s fall 2 rise 1`;
}

/** A draining server has weight 0 in the file: whoever reads the file next drains it too. */
export function effectiveWeight(server: ProxyServer): number {
  return server.state === 'drain' ? 0 : server.weight;
}

function head(options: RenderOptions, staticHash: string): string {
  const { uid, gid } = options.owner;
  const owner = uid === 0 ? '' : ` uid ${uid} gid ${gid}`;
  // The worker gives up root once it has bound its ports; fd-hard-limit keeps its tables small where the limit is huge.
  // A worker that old connections keep alive is ended by the fiftieth reload after its own.
  return `# Written by berth, which replaces it at every change.
global
  stats socket ${runMount}/${runtimeSocket} mode 600${owner} level admin expose-fd listeners
  set-var ${staticVariable} str(${staticHash})
  uid 65532
  gid 65532
  fd-hard-limit 65536
  mworker-max-reloads 50
`;
}

function body(config: ProxyConfig, options: RenderOptions): string {
  return [
    ...defaults(options),
    ...config.listeners.flatMap((l) => frontend(l, options)),
    ...config.backends.flatMap((b) => backend(b)),
    'backend berth.none from http',
    `  http-request return ${noRoutePage}`,
    '',
  ].join('\n');
}

/**
 * Timeouts: a header must come within 10 s and an idle connection is kept 10 s, so that an old worker is free of both
 * 10 s after a reload. A response may be silent for 10 minutes (reports, event streams), a tunnel for an hour,
 * a TCP connection for a day, with keepalive probes that find dead peers.
 */
function defaults(options: RenderOptions): string[] {
  const log = options.accessLog === undefined ? [] : [`  log ${options.accessLog} len 8192 format raw local0`];
  const format = (mode: Backend['mode']): string[] => (options.accessLog === undefined ? [] : [`  log-format '${accessLogFormats[mode]}'`]);
  const common = [
    ...log,
    '  balance roundrobin',
    '  retries 3',
    '  option redispatch 1',
    '  option clitcpka',
    '  option srvtcpka',
    '  timeout connect 2s',
    '  timeout check 5s',
    '  timeout queue 5s',
  ];
  return [
    'defaults http',
    '  mode http',
    ...common,
    '  option idle-close-on-response',
    '  option http-no-delay',
    '  timeout client 60s',
    '  timeout server 10m',
    '  timeout tunnel 1h',
    '  timeout http-request 10s',
    '  timeout http-keep-alive 10s',
    '  http-reuse safe',
    '  retry-on conn-failure empty-response',
    ...errorPages.map((page) => `  http-error ${page}`),
    ...format('http'),
    'defaults tcp',
    '  mode tcp',
    ...common,
    '  timeout client 24h',
    '  timeout server 24h',
    ...format('tcp'),
  ];
}

/** One line of JSON a request; `%{+Q,+E}` quotes and escapes what a client may have chosen. */
const commonFields =
  '"at":%Ts.%ms,"frontend":%{+Q}f,"backend":%{+Q}b,"server":%{+Q}s,"client":%{+Q}ci,"bytes":%B,"queueMs":%Tw,"connectMs":%Tc,"retries":%rc,"end":"%ts"';
const accessLogFormats = {
  http: `{${commonFields},"method":%{+Q,+E}HM,"path":%{+Q,+E}HPO,"host":%{+Q,+E}[var(txn.berth_host)],"status":%ST,"responseMs":%Tr,"ms":%Ta}`,
  tcp: `{${commonFields},"ms":%Tt}`,
};

function frontend(listener: Listener, options: RenderOptions): string[] {
  const any = listener.address === '' ? 'any' : addressWord(listener.address);
  const fallback = listener.fallback === undefined ? undefined : nameWord(listener.fallback);
  const lines = [
    `frontend in_${portWord(listener.port)}_${any} from ${listener.mode}`,
    ...bindsOf(listener, options.ipv6).map((b) => `  bind ${b}`),
  ];
  if (listener.mode === 'tcp') return [...lines, ...(fallback === undefined ? [] : [`  default_backend ${fallback}`])];
  const needsHost = options.accessLog !== undefined || listener.rules.some((r) => r.host !== undefined);
  return [
    ...lines,
    ...(needsHost ? ['  http-request set-var(txn.berth_host) req.fhdr(host),host_only,rtrim(.),lower'] : []),
    '  http-request set-header X-Forwarded-For %[src]',
    '  http-request set-header X-Forwarded-Proto http',
    '  http-request set-header X-Forwarded-Host %[req.fhdr(host)] if { req.fhdr(host) -m found }',
    '  http-request set-header X-Forwarded-Port %[dst_port]',
    '  http-request set-header X-Real-IP %[src]',
    '  http-request del-header Forwarded',
    '  http-request del-header Proxy',
    ...listener.rules.flatMap((r) => (r.backend === undefined ? [] : [`  use_backend ${nameWord(r.backend)}${condition(r)}`])),
    `  default_backend ${fallback ?? 'berth.none'}`,
  ];
}

/** A path matches whole segments: `/api` takes `/api` and `/api/x`, not `/apis`. */
function condition({ host, path }: Rule): string {
  const exact = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const onHost =
    host === undefined ? '' : ` { var(txn.berth_host) -m ${host.startsWith('*.') ? `end .${hostWord(host)}` : `str ${hostWord(host)}`} }`;
  if (exact === '/' || exact === '') return onHost === '' ? '' : ` if${onHost}`;
  return ` if${onHost} { path -m str ${pathWord(exact)} } or${onHost} { path -m beg ${pathWord(`${exact}/`)} }`;
}

function backend(b: Backend): string[] {
  const servers = b.servers.map((s) => `  server ${nameWord(s.name)} ${serverWords(s)}`);
  const lines = [`backend ${nameWord(b.name)} from ${b.mode}`, ...check(b)];
  // Only what is safe to do twice is sent again after a server fell silent; a failed connection is always safe.
  if (b.mode === 'http') lines.push('  http-request disable-l7-retry unless { method GET HEAD OPTIONS }');
  return [...lines, ...servers];
}

function check({ check: c }: Backend): string[] {
  if (c.kind === 'tcp') return [];
  const host = hostHeaderWord(c.host ?? 'localhost');
  return [
    '  option httpchk',
    `  http-check send meth GET uri ${pathWord(c.path)} ver HTTP/1.1 hdr Host ${host} hdr User-Agent berth-check hdr Connection close`,
    '  http-check expect status 200-399',
  ];
}
