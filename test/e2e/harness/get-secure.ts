import { request } from 'node:https';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** An answer over TLS, or why there was none (an errno or a reason of TLS): then `status` is 0. */
export type SecureAnswer = { readonly status: number; readonly error?: string; readonly certificate?: PeerCertificate };

/** Asks `host` once on a port of this machine, trusting nobody but `ca`. Never throws. */
export function getSecure(input: { host: string; port: number; ca: string }): Promise<SecureAnswer> {
  const { promise, resolve } = Promise.withResolvers<SecureAnswer>();
  const { host, port, ca } = input;
  const fail = (error: NodeJS.ErrnoException): void => resolve({ status: 0, error: error.code ?? error.message });
  const asked = request({ host: '127.0.0.1', port, servername: host, headers: { host }, ca, agent: false, timeout: 15_000 }, (reply) => {
    const certificate = (reply.socket as TLSSocket).getPeerCertificate();
    reply.once('error', fail);
    reply.once('end', () => resolve({ status: reply.statusCode ?? 0, certificate }));
    reply.resume();
  });
  asked.once('timeout', () => asked.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })));
  asked.once('error', fail);
  asked.end();
  return promise;
}
