import type { Listener, ProxyConfig } from '../../model/index.ts';
import { authorityFile, certificateList, tlsMount } from './certificates.ts';

/**
 * Mozilla's "intermediate" (5.7) without the finite-field key exchange, for every client of TLS 1.2 has a better one.
 * Tickets are off: their keys would have to be kept over reloads, and changed, for forward secrecy. Sessions are resumed
 * from the worker's memory, but not where a listener asks for client certificates: HAProxy (3.0.11) resumes a session on
 * every listener, and so without a certificate or with one of another listener's authority.
 */
export function tlsSettings(config: Pick<ProxyConfig, 'listeners'>): string[] {
  const secure = config.listeners.flatMap((l) => l.tls ?? []);
  if (secure.length === 0) return [];
  return [
    '  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets prefer-client-ciphers',
    `  ssl-default-bind-ciphers ${ciphers.join(':')}`,
    `  ssl-default-bind-ciphersuites ${ciphersuites.join(':')}`,
    '  ssl-default-bind-curves X25519:prime256v1:secp384r1',
    ...(secure.some((tls) => tls.clientCa !== undefined) ? ['  tune.ssl.cachesize 0'] : []),
  ];
}

/** Of TLS 1.2. */
const ciphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];
/** Of TLS 1.3. */
const ciphersuites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** What a `bind` says of TLS. Without any certificate it answers no handshake, but holds its port until there is one. */
export function tlsWords(listener: Listener): string {
  const { tls, mode } = listener;
  if (tls === undefined) return '';
  const list = certificateList(listener);
  const certificates = list === undefined ? ' strict-sni' : ` crt-list ${tlsMount}/${list.file}`;
  const protocols = mode === 'http' ? ' alpn h2,http/1.1' : '';
  const clients = tls.clientCa === undefined ? '' : ` verify required ca-file ${tlsMount}/${authorityFile(tls.clientCa)}`;
  return ` ssl${certificates}${protocols}${clients}`;
}

/** What an application is told of the client's certificate; nobody else can tell it. Names are escaped as RFC 2253 has it. */
export function clientCertificateHeaders({ tls }: Pick<Listener, 'tls'>): string[] {
  const facts = tls?.clientCa === undefined ? [] : Object.entries(clientFacts);
  return [
    '  http-request del-header X-SSL-Client- -m beg',
    ...facts.map(([name, value]) => `  http-request set-header X-SSL-Client-${name} ${value}`),
  ];
}

const clientFacts = {
  Verify: 'SUCCESS',
  DN: '%[ssl_c_s_dn(,0,rfc2253)]',
  Issuer: '%[ssl_c_i_dn(,0,rfc2253)]',
  Serial: '%[ssl_c_serial,hex]',
  SHA256: '%[ssl_c_der,sha2(256),hex]',
  'Not-Before': '%[ssl_c_notbefore]',
  'Not-After': '%[ssl_c_notafter]',
};
