import { sha256 } from '../../kit/index.ts';
import type { ProxyConfig } from '../../model/index.ts';
import { logGlobals, logRing } from './access-log.ts';
import { backend, fixedServerWords } from './backend.ts';
import { tlsState, tlsVariable, withoutCertificates, type TlsState } from './certificates.ts';
import { defaults } from './defaults.ts';
import { frontDefaults, frontFrontend, frontGlobals } from './front.ts';
import type { RenderOptions } from './options.ts';
import { noRoutePage } from './pages.ts';
import { frontend } from './rules.ts';
import { tables } from './tables.ts';
import { tlsSettings } from './tls.ts';

/** A configuration, the hash of what in it can only be changed by a reload, and its certificates. */
export type Rendered = { readonly text: string; readonly staticHash: string; readonly hash: string; readonly tls: TlsState };

/** Where the container sees the directory with sockets and the running configuration, and the one with the socket for its access log. */
export const runMount = '/run/berth';
export const logMount = '/run/berth-log';
export const runtimeSocket = 'edge.sock';
export const masterSocket = 'master.sock';
/** The environment variable with the directory of the sockets, for a proxy that takes another's place has its own. */
export const socketsVariable = 'BERTH_SOCKETS';
/** The variable of the HAProxy process that says which static part it runs. */
export const staticVariable = 'proc.berth_static';

/** HAProxy's configuration for a wanted state, as text. Equal input gives equal text. */
export function renderConfig(config: ProxyConfig, options: RenderOptions): string {
  return render(config, options).text;
}

/** HAProxy's configuration with the hashes that tell whether a running HAProxy has it. */
export function render(config: ProxyConfig, options: RenderOptions): Rendered {
  const backends = config.backends.map((b) => ({ ...b, servers: [] }));
  const bare = { ...config, backends, listeners: config.listeners.map(withoutCertificates) };
  const fixed = [...head(options, {}), ...tlsSettings(config), body(bare, options), ...config.backends.flatMap(fixedServerWords)];
  const staticHash = sha256(fixed.join('\n')).slice(0, 32);
  const tls = tlsState(config);
  const variables = { [staticVariable]: staticHash, [tlsVariable]: tls.hash };
  const text = [...head(options, variables), ...tlsSettings(config), body(config, options)].join('\n');
  return { text, staticHash, hash: sha256(text).slice(0, 32), tls };
}

/** `normalize-uri`, which is stable from 3.2 on, is experimental in 3.0; the peer is the one that hands counters on at a reload. */
const edgeGlobals = ['  uid 65532', '  gid 65532', '  fd-hard-limit 65536', '  expose-experimental-directives', '  localpeer berth'];

function head(options: RenderOptions, variables: Readonly<Record<string, string>>): string[] {
  const { uid, gid } = options.owner;
  const owner = uid === 0 ? '' : ` uid ${uid} gid ${gid}`;
  // The edge's worker gives up root once it has bound its ports; fd-hard-limit keeps its tables small where the limit is huge.
  const own = options.role === 'front' ? frontGlobals : edgeGlobals;
  // A worker that old connections keep alive is ended by the fiftieth reload after its own.
  return [
    '# Written by berth, which replaces it at every change.',
    'global',
    `  stats socket "\${${socketsVariable}-${runMount}}/${runtimeSocket}" mode 600${owner} level admin expose-fd listeners`,
    ...Object.entries(variables).map(([name, value]) => `  set-var ${name} str(${value})`),
    ...logGlobals(options),
    ...own,
    '  mworker-max-reloads 50',
  ];
}

function body(config: ProxyConfig, options: RenderOptions): string {
  if (options.role === 'front') {
    const listeners = config.listeners.flatMap((l) => frontFrontend(l, options));
    return [...logRing(options), ...frontDefaults(options), ...listeners, ...config.backends.flatMap((b) => backend(b)), ''].join('\n');
  }
  return [
    ...logRing(options),
    ...defaults(options),
    ...config.listeners.flatMap((l) => frontend(l, options, config.acmeThumbprints)),
    ...config.backends.flatMap((b) => backend(b, config.listeners)),
    ...tables(config.listeners),
    'backend berth.none from http',
    `  http-request return ${noRoutePage}`,
    '',
  ].join('\n');
}
