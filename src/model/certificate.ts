import { sha256 } from '../kit/index.ts';
import type { Tls } from './route.ts';

/** Where a certificate comes from, once it is known of which secrets it is made. */
export type CertificateSource = Exclude<Tls['certificate'], { kind: 'secrets' }>;

/** A certificate that a service needs. Services whose wishes have one id share the certificate. */
export type CertificateWish = {
  /** Safe as the name of a file. */
  readonly id: string;
  readonly hosts: readonly string[];
  /** A route without a host is served, too: the certificate also covers the machine's own names and addresses. */
  readonly machine: boolean;
  readonly source: CertificateSource;
};

/** A certificate that berth holds, without its key. */
export type HeldCertificate = {
  readonly id: string;
  readonly hosts: readonly string[];
  readonly machine: boolean;
  readonly kind: CertificateSource['kind'];
  /** The directory of an ACME one. */
  readonly directory?: string | undefined;
  /** Serves only until the wanted one is had: of berth's own authority, or what the same hosts had before. */
  readonly placeholder: boolean;
  readonly fingerprint: string;
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Why the last try to get a new one failed. */
  readonly trouble?: CertificateTrouble | undefined;
};

/** `failures` tries in a row did not bring a certificate; the next is not before `nextTryAtMs`. */
export type CertificateTrouble = { readonly failures: number; readonly message: string; readonly nextTryAtMs: number };

/** What an ACME server must find under `/.well-known/acme-challenge/` of some hosts, after the token and a dot (RFC 8555, 8.3). */
export type AcmeThumbprint = { readonly hosts: readonly string[]; readonly thumbprint: string };

/** The fingerprint that a certificate made of the user's own files has; known before it is held. */
export function filesFingerprint(source: Extract<CertificateSource, { kind: 'files' }>): string {
  return sha256(`${source.certSha256}-${source.keySha256}`);
}
