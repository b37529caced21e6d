import type { Listener } from '../../model/index.ts';
import { clientCertificateHeaders } from './tls.ts';
import { networkWord } from './words.ts';

/** HAProxy takes 64 words a line. */
const networksALine = 32;
/** How many proxies before this one may each have added an address. */
const longestChain = 5;

/** Networks as an ACL; lines of the same name are alternatives. */
export function networkAcl(name: string, networks: readonly string[]): string[] {
  const words = [...new Set(networks.map(networkWord))];
  return Array.from(
    { length: Math.ceil(words.length / networksALine) },
    (_, n) => `  acl ${name} src ${words.slice(n * networksALine, (n + 1) * networksALine).join(' ')}`,
  );
}

/** What instances are told about who asks. Nobody but a trusted proxy may have said it before. */
export function forwardedHeaders(listener: Listener): string[] {
  const trusted = listener.trustedProxies ?? [];
  const proto = listener.tls === undefined ? 'http' : 'https';
  const host = 'http-request set-header X-Forwarded-Host %[req.fhdr(host)] if { req.fhdr(host) -m found }';
  const rest = ['  http-request del-header Proxy', ...clientCertificateHeaders(listener)];
  if (trusted.length > 0) return [...behindProxies(trusted, proto), ...rest];
  return [
    '  http-request set-header X-Forwarded-For %[src]',
    `  http-request set-header X-Forwarded-Proto ${proto}`,
    `  ${host}`,
    '  http-request set-header X-Forwarded-Port %[dst_port]',
    '  http-request set-header X-Real-IP %[src]',
    '  http-request del-header Forwarded',
    ...rest,
  ];
}

/**
 * The client is the last address of X-Forwarded-For that is not a trusted proxy's. It becomes the source of the request,
 * for rate limits, allowed addresses and the log too; the chain goes on with the proxy that asked.
 */
function behindProxies(trusted: readonly string[], proto: string): string[] {
  const steps = Array.from(
    { length: longestChain },
    (_, n) =>
      `  http-request set-src req.hdr_ip(X-Forwarded-For,-${n + 1}) if from_proxy is_proxy { req.hdr_cnt(X-Forwarded-For) ge ${n + 1} }`,
  );
  const missing = (header: string): string => `if !from_proxy or !{ req.fhdr(${header}) -m found }`;
  return [
    ...networkAcl('is_proxy', trusted),
    '  acl from_proxy var(txn.berth_from_proxy) -m bool',
    '  http-request set-var(txn.berth_from_proxy) bool(true) if is_proxy',
    '  http-request set-var(txn.berth_peer) src',
    ...steps,
    '  http-request del-header X-Forwarded-For if !from_proxy',
    '  http-request add-header X-Forwarded-For %[var(txn.berth_peer)]',
    `  http-request set-header X-Forwarded-Proto ${proto} ${missing('X-Forwarded-Proto')}`,
    `  http-request set-header X-Forwarded-Host %[req.fhdr(host)] ${missing('X-Forwarded-Host')}`,
    `  http-request set-header X-Forwarded-Port %[dst_port] ${missing('X-Forwarded-Port')}`,
    '  http-request set-header X-Real-IP %[src]',
    '  http-request del-header Forwarded if !from_proxy',
  ];
}
