import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { der, toPem } from './der.ts';

/** What a certificate says, and who signs it. Times in milliseconds. */
export type CertificateInput = {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** An authority signs others; a leaf is for hosts. */
  readonly use: { readonly kind: 'authority' } | { readonly kind: 'leaf'; readonly hosts: readonly string[] };
  readonly issuer: { readonly name: string; readonly privateKey: KeyObject };
};

/** A new private key: ECDSA on P-256, which every client knows. */
export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** A private key as text (PKCS #8). */
export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

const ecdsaWithSha256 = der.sequence(der.identifier('1.2.840.10045.4.3.2'));

/** A certificate (RFC 5280) as PEM. */
export function issueCertificate(input: CertificateInput): string {
  const body = der.sequence(
    der.part(0, der.integer(Buffer.from([2]))),
    der.integer(serialNumber()),
    ecdsaWithSha256,
    distinguishedName(input.issuer.name),
    der.sequence(der.time(input.notBeforeMs), der.time(input.notAfterMs)),
    distinguishedName(input.name),
    publicKeyInfo(input.publicKey),
    der.part(3, der.sequence(...extensionsOf(input))),
  );
  return toPem('CERTIFICATE', signed(body, input.issuer.privateKey));
}

/** A request for a certificate (PKCS #10, RFC 2986) in DER; only its names matter to an ACME server. */
export function certificateRequest(hosts: readonly string[], key: KeyObject): Buffer {
  const wanted = der.sequence(der.identifier('1.2.840.113549.1.9.14'), der.set(der.sequence(alternativeNames(hosts))));
  const body = der.sequence(der.integer(Buffer.from([0])), der.sequence(), publicKeyInfo(createPublicKey(key)), der.part(0, wanted));
  return signed(body, key);
}

function signed(body: Buffer, key: KeyObject): Buffer {
  return der.sequence(body, ecdsaWithSha256, der.bits(sign('sha256', body, key)));
}

/** 127 random bits, the first of them set, so that no two are equal and none is short or negative. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function distinguishedName(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.identifier('2.5.4.3'), der.text(commonName))));
}

function publicKeyInfo(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function extensionsOf({ use, publicKey, issuer }: CertificateInput): Buffer[] {
  const own = extension('2.5.29.14', der.octets(keyId(publicKey)));
  const issued = extension('2.5.29.35', der.sequence(der.plainPart(0, keyId(createPublicKey(issuer.privateKey)))));
  if (use.kind === 'authority') {
    const signsLeaves = der.sequence(der.boolean(true), der.integer(Buffer.from([0])));
    return [critical('2.5.29.19', signsLeaves), critical('2.5.29.15', der.bits(Buffer.from([0b0000_0110]), 1)), own];
  }
  const serverAuth = der.sequence(der.identifier('1.3.6.1.5.5.7.3.1'));
  return [
    critical('2.5.29.19', der.sequence()),
    critical('2.5.29.15', der.bits(Buffer.from([0b1000_0000]), 7)),
    extension('2.5.29.37', serverAuth),
    // The subject is only a name for people: who checks must look at the list of hosts (RFC 5280, 4.2.1.6).
    alternativeNames(use.hosts),
    issued,
    own,
  ];
}

/** RFC 7093, method 1: the first 160 bits of the SHA-256 of the key. */
function keyId(key: KeyObject): Buffer {
  const point = publicKeyInfo(key).subarray(-65);
  return createHash('sha256').update(point).digest().subarray(0, 20);
}

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 0 ? der.plainPart(2, Buffer.from(host, 'latin1')) : der.plainPart(7, addressBytes(host)),
  );
  return extension('2.5.29.17', der.sequence(...names));
}

/** An address in network order: 4 or 16 bytes. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [before = '', after = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => text.split(':').filter(Boolean);
  const zeros = Array.from({ length: 8 - groups(before).length - groups(after).length }, () => '0');
  return Buffer.from([...groups(before), ...zeros, ...groups(after)].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function extension(id: string, content: Uint8Array): Buffer {
  return der.sequence(der.identifier(id), der.octets(content));
}

function critical(id: string, content: Uint8Array): Buffer {
  return der.sequence(der.identifier(id), der.boolean(true), der.octets(content));
}
