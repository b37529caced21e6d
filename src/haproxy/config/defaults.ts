import { logFormat, logTarget } from './access-log.ts';
import { keptSeconds } from './kept.ts';
import type { RenderOptions } from './options.ts';
import { errorPages } from './pages.ts';

/**
 * Timeouts: a header must come within 10 s, and so must a TLS handshake. A response may be silent for 10 minutes (reports,
 * event streams), a tunnel for an hour, a TCP connection for a day, with keepalive probes that find dead peers; where the client
 * has closed its side, for 10 minutes.
 */
export function defaults(options: RenderOptions): string[] {
  const common = [
    ...logTarget(options),
    '  balance roundrobin',
    '  retries 3',
    '  option redispatch 1',
    '  option clitcpka',
    '  option srvtcpka',
    '  timeout connect 2s',
    '  timeout check 5s',
    '  timeout queue 5s',
    '  timeout client-hs 10s',
    '  timeout server-fin 10m',
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
    `  timeout http-keep-alive ${keptSeconds[options.role]}s`,
    '  http-reuse safe',
    '  retry-on conn-failure empty-response',
    ...errorPages.map((page) => `  http-error ${page}`),
    ...logFormat(options, 'http'),
    'defaults tcp',
    '  mode tcp',
    ...common,
    '  timeout client 24h',
    '  timeout server 24h',
    ...logFormat(options, 'tcp'),
  ];
}
