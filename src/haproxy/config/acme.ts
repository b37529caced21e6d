import type { AcmeThumbprint, Listener } from '../../model/index.ts';
import { hostWord, thumbprintWord } from './words.ts';

/** HAProxy takes 64 words a line. */
const hostsALine = 32;

/**
 * Answers to ACME's http-01 challenges without any state: to a token with the token and the account's thumbprint. ACME
 * servers ask on port 80 and nowhere else (RFC 8555, 8.3). The lines want `txn.berth_host`.
 */
export function acmeAnswers(listener: Listener, thumbprints: readonly AcmeThumbprint[] = []): string[] {
  if (listener.mode !== 'http' || listener.tls !== undefined || listener.port !== 80) return [];
  return thumbprints.flatMap(({ hosts, thumbprint }) => {
    const answer = `status 200 content-type text/plain lf-string '%[path,field(-1,/)].${thumbprintWord(thumbprint)}'`;
    const words = [...new Set(hosts.map(hostWord))];
    return chunks(words, hostsALine).map(
      (some) => `  http-request return ${answer} if { path -m reg '${challenge}' } { var(txn.berth_host) -m str ${some.join(' ')} }`,
    );
  });
}

const challenge = String.raw`^/\.well-known/acme-challenge/[A-Za-z0-9_-]+$`;

function chunks(words: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(words.length / size) }, (_, at) => words.slice(at * size, (at + 1) * size));
}
