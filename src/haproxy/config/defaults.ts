import type { Backend } from '../../model/index.ts';
import type { RenderOptions } from './options.ts';
import { errorPages } from './pages.ts';

/**
 * Timeouts: a header must come within 10 s and an idle connection is kept 10 s, so that an old worker is free of both
 * 10 s after a reload. A response may be silent for 10 minutes (reports, event streams), a tunnel for an hour,
 * a TCP connection for a day, with keepalive probes that find dead peers.
 */
export function defaults(options: RenderOptions): string[] {
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
