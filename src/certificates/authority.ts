import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { Clock } from '../ports/index.ts';
import { readText, writePrivate } from './private-file.ts';
import { issueCertificate, keyPem, newKey } from './x509.ts';

const dayMs = 86_400_000;
/** Long, since everybody who trusts it must do so again with the next one. */
const rootMs = 20 * 365 * dayMs;
const leafMs = 90 * dayMs;
/** Clocks of clients run late. */
const earlierMs = 3_600_000;

/** berth's own authority: made at first use, its key in a file that only the owner may read. */
export class Authority {
  readonly #path: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #machine: string;

  constructor(input: { directory: string; clock: Pick<Clock, 'now'>; machine: string }) {
    this.#path = join(input.directory, 'authority.pem');
    this.#clock = input.clock;
    this.#machine = input.machine;
  }

  /** Its own certificate. */
  get(): X509Certificate {
    return this.#open().certificate;
  }

  /** A certificate for hosts and its new key: chain, then key. The authority's own goes along, for clients that are shown where to look. */
  issue(hosts: readonly string[]): string {
    const { certificate, key } = this.#open();
    const leafKey = newKey();
    const now = this.#clock.now();
    const leaf = issueCertificate({
      name: (hosts[0] ?? 'berth').slice(0, 64),
      publicKey: createPublicKey(leafKey),
      notBeforeMs: now - earlierMs,
      notAfterMs: Math.min(now + leafMs, certificate.validToDate.getTime()),
      use: { kind: 'leaf', hosts },
      issuer: { name: this.#nameOf(certificate), privateKey: key },
    });
    return `${leaf}${keyPem(leafKey)}`;
  }

  #open(): { readonly certificate: X509Certificate; readonly key: KeyObject } {
    const text = readText(this.#path) ?? this.#make();
    try {
      return { certificate: new X509Certificate(text), key: createPrivateKey(text) };
    } catch (error) {
      throw new BerthError('CERTIFICATE_INVALID', `berth's own authority at ${this.#path} cannot be read.`, {
        hint: 'Bring the file back from a backup, or remove it: a new authority is made, which must be trusted anew.',
        cause: error,
      });
    }
  }

  #make(): string {
    const key = newKey();
    const now = this.#clock.now();
    const name = `berth on ${this.#machine}`.slice(0, 64);
    const certificate = issueCertificate({
      name,
      publicKey: createPublicKey(key),
      notBeforeMs: now - earlierMs,
      notAfterMs: now + rootMs,
      use: { kind: 'authority' },
      issuer: { name, privateKey: key },
    });
    const text = `${certificate}${keyPem(key)}`;
    writePrivate(this.#path, text);
    return text;
  }

  #nameOf(certificate: X509Certificate): string {
    return certificate.subject.replace(/^CN=/, '');
  }
}
