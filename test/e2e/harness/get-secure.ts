import { request } from 'node:https';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** An answer over TLS, or why there was none (an errno or a reason of TLS): then `status` is 0. */
export type SecureAnswer = {
  readonly status: number;
  readonly error?: string;
  readonly certificate?: PeerCertificate;
  readonly location?: string | undefined;
  readonly text?: string;
};

/** Asks `host` once on a port of this machine, trusting nobody but `ca`. Never throws. */
export function getSecure(input: { host: string; port: number; ca: string; path?: string }): Promise<SecureAnswer> {
  const { promise, resolve } = Promise.withResolvers<SecureAnswer>();
  const { host, port, ca, path = '/' } = input;
  const fail = (error: NodeJS.ErrnoException): void => resolve({ status: 0, error: error.code ?? error.message });
  const asked = request(
    { host: '127.0.0.1', port, path, servername: host, headers: { host }, ca, agent: false, timeout: 15_000 },
    (reply) => {
      const parts: Buffer[] = [];
      const certificate = (reply.socket as TLSSocket).getPeerCertificate();
      reply.once('error', fail);
      reply.on('data', (part: Buffer) => parts.push(part));
      reply.once('end', () => {
        const { statusCode: status = 0, headers } = reply;
        resolve({ status, certificate, location: headers.location, text: Buffer.concat(parts).toString() });
      });
    },
  );
  asked.once('timeout', () => asked.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })));
  asked.once('error', fail);
  asked.end();
  return promise;
}
