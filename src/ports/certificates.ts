import type { AcmeThumbprint, CertificateSource, CertificateTrouble, CertificateWish, HeldCertificate } from '../model/index.ts';

/** A certificate chain and its private key as files have them (PEM). */
export type CertificatePair = { readonly cert: Uint8Array; readonly key: Uint8Array };

/**
 * The certificates of an installation, and where they come from. Keys never leave it but in `read`, for whoever speaks
 * TLS with them. What is held survives the server; `list` and `get` answer from memory.
 */
export interface Certificates {
  /** Chain, then private key (PEM). Equal fingerprints mean equal bytes. */
  read(id: string): Promise<{ readonly pem: string; readonly fingerprint: string } | undefined>;
  list(): readonly HeldCertificate[];
  get(id: string): HeldCertificate | undefined;

  /** Keeps the user's own files for good, by content. Throws CERTIFICATE_INVALID where they are none, or do not belong together. */
  keepPair(pair: CertificatePair): Promise<void>;
  /** What keeps a kept pair from being served at this moment, in words: it expired, it is not valid yet, it is gone. */
  pairProblem(source: Extract<CertificateSource, { kind: 'files' }>): Promise<string | undefined>;
  /** Takes a pair that was kept. Throws CERTIFICATE_INVALID when it was not. */
  useFiles(wish: CertificateWish): Promise<HeldCertificate>;
  /** Makes a certificate of berth's own authority; for an ACME wish, as its placeholder. */
  issueOwn(wish: CertificateWish): Promise<HeldCertificate>;
  /** Has a certificate that is held stand in for one that is to be ordered. Throws INTERNAL where it is not held. */
  standIn(wish: CertificateWish, id: string): Promise<HeldCertificate>;
  /** Gets a certificate from an ACME server, which will ask the edge. Throws CERTIFICATE_FAILED, with `details.retryAfterMs` where the server says so. */
  order(wish: CertificateWish, signal: AbortSignal): Promise<HeldCertificate>;
  /**
   * Makes the ACME account of a wish ready, a new one in the place of one that its server closed: `thumbprints` has it for the
   * hosts from now on, and none that another server, or another address, had for them before.
   */
  openAccount(wish: CertificateWish): Promise<void>;
  noteTrouble(id: string, trouble: CertificateTrouble): Promise<void>;
  remove(id: string): Promise<void>;
  /** Forgets kept pairs that are none of these (`<certSha256>-<keySha256>`) and are older than `olderThanMs`. */
  prunePairs(keep: ReadonlySet<string>, olderThanMs: number): Promise<void>;

  /** What the edge answers to ACME servers: one account for each host. */
  thumbprints(): readonly AcmeThumbprint[];
  /** The certificate (PEM) of berth's own authority, which is made at first use. */
  authority(): Promise<{ readonly pem: string; readonly fingerprint: string; readonly notAfterMs: number }>;
}
