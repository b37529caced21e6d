import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readCertificates, toChain, type Chain } from './chain.ts';

/** A chain with the key of its first certificate, ready to be served: chain, then key (PEM). */
export type Pair = Chain & { readonly pem: string };

/** What is wrong with a pair: in which of the two files, and the way out. */
export type PairProblem = { readonly in: 'cert' | 'key'; readonly message: string; readonly hint?: string };

/** Reads a certificate and its key as files have them; certificates in another order are put in order. */
export function readPair(files: { readonly cert: Uint8Array; readonly key: Uint8Array }): { pair: Pair } | { problem: PairProblem } {
  const found = readCertificates(text(files.cert));
  if (typeof found === 'string') return wrong('cert', found, 'Convert it with `openssl x509 -inform der -in FILE` if it is binary.');
  const key = readKey(text(files.key));
  if (!('key' in key)) return { problem: key };
  const leaf = found.find((one) => one.checkPrivateKey(key.key));
  if (leaf === undefined)
    return wrong('key', 'does not belong to the certificate', 'Give the key that the certificate was requested with.');
  const chain = toChain(leaf, found);
  const pem = [...chain.certificates.map(String), key.key.export({ type: 'pkcs8', format: 'pem' })].map((part) => part.toString().trim());
  return { pair: { ...chain, pem: `${pem.join('\n')}\n` } };
}

function readKey(pem: string): { key: KeyObject } | PairProblem {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    return {
      in: 'key',
      message: 'is encrypted',
      hint: 'Take the passphrase off with `openssl pkey -in FILE -out NEW`; berth keeps keys to itself (0600).',
    };
  }
  if (!/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/.test(pem))
    return { in: 'key', message: 'holds no private key (PEM: `-----BEGIN PRIVATE KEY-----`)' };
  try {
    return { key: createPrivateKey(pem) };
  } catch {
    return { in: 'key', message: 'holds a private key that cannot be read: it is damaged, or cut off' };
  }
}

function wrong(where: 'cert' | 'key', message: string, hint: string): { problem: PairProblem } {
  return { problem: { in: where, message, hint } };
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
