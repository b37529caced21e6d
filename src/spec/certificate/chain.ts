import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';

/** A chain of certificates, the one that is served first; a root at its end is left out, since clients have their own. */
export type Chain = {
  readonly leaf: X509Certificate;
  readonly certificates: readonly X509Certificate[];
  /** What is odd about it, and does not keep it from being served. */
  readonly remarks: readonly string[];
};

/** Every certificate in a PEM text, as they lie there; text is the reason why one cannot be read. */
export function readCertificates(pem: string): readonly X509Certificate[] | string {
  const blocks = pem.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return 'holds no certificate (PEM: `-----BEGIN CERTIFICATE-----`)';
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return 'holds a certificate that cannot be read: it is damaged, or cut off';
  }
}

/** Puts certificates in the order in which they sign each other, from the one that is served upwards. */
export function toChain(leaf: X509Certificate, found: readonly X509Certificate[]): Chain {
  const certificates = [leaf];
  const rest = found.filter((one) => one.fingerprint256 !== leaf.fingerprint256);
  for (let last = leaf; !isSelfSigned(last);) {
    const next = rest.find((one) => signs(one, last));
    if (next === undefined || certificates.includes(next)) break;
    certificates.push(next);
    last = next;
  }
  const unused = rest.filter((one) => !certificates.includes(one));
  const top = certificates.at(-1) ?? leaf;
  const remarks: string[] = [];
  if (unused.length > 0)
    remarks.push(`holds certificates that are no part of its chain, and are left out: ${unused.map(nameOf).join('; ')}`);
  if (!isSelfSigned(top) && !isIssuedByRoot(top))
    remarks.push(
      `ends at «${nameOf(top)}» without its issuer «${oneLine(top.issuer)}»: clients that do not know that one refuse the chain`,
    );
  const served = certificates.length > 1 && isSelfSigned(top) ? certificates.slice(0, -1) : certificates;
  return { leaf, certificates: served, remarks };
}

/** The certificate of a chain that is not valid at a moment, in words, or undefined. */
export function validityProblem(certificates: readonly X509Certificate[], nowMs: number): string | undefined {
  for (const one of certificates) {
    if (one.validToDate.getTime() <= nowMs) return `«${nameOf(one)}» expired on ${day(one.validToDate)}`;
    if (one.validFromDate.getTime() > nowMs) return `«${nameOf(one)}» is not valid before ${day(one.validFromDate)}`;
  }
  return undefined;
}

/** Whether a certificate is for a host; a wildcard host must be in it as it is written. */
export function covers(leaf: X509Certificate, host: string): boolean {
  if (host.startsWith('*.')) return namesOf(leaf).includes(host);
  return isIP(host) === 0 ? leaf.checkHost(host, { subject: 'never' }) !== undefined : leaf.checkIP(host) !== undefined;
}

/** The names and addresses that a certificate is for. */
export function namesOf(leaf: X509Certificate): string[] {
  return (leaf.subjectAltName ?? '').split(', ').flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1]?.toLowerCase() ?? []);
}

function isSelfSigned(one: X509Certificate): boolean {
  return one.subject === one.issuer && one.verify(one.publicKey);
}

function signs(issuer: X509Certificate, one: X509Certificate): boolean {
  return one.checkIssued(issuer) && one.verify(issuer.publicKey);
}

function isIssuedByRoot(one: X509Certificate): boolean {
  return rootCertificates.some((pem) => new X509Certificate(pem).subject === one.issuer);
}

/** A certificate as people know it: its common name, else its first name. */
export function nameOf(one: X509Certificate): string {
  return /^CN=(.+)$/m.exec(one.subject)?.[1] ?? namesOf(one)[0] ?? oneLine(one.subject);
}

const oneLine = (name: string): string => name.split('\n').join(', ');
const day = (date: Date): string => date.toISOString().slice(0, 10);
