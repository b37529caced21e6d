import { createPublicKey, X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { der, toPem } from './der.ts';
import { certificateRequest, issueCertificate, newKey } from './x509.ts';

const start = Date.UTC(2026, 0, 2, 3, 4, 5);
const hosts = ['shop.example.com', '*.example.org', '127.0.0.1', '2001:db8::1'];

function openssl(args: string[], input: string): string {
  return execFileSync('openssl', args, { input, encoding: 'utf8' });
}

describe('DER', () => {
  it.each([
    ['0', [0], '020100'],
    ['127', [127], '02017f'],
    ['128', [128], '02020080'],
    ['256 with zeros before', [0, 0, 1, 0], '02020100'],
  ])('writes the number %s', (_name, bytes, hex) => expect(der.integer(Buffer.from(bytes)).toString('hex')).toBe(hex));

  it.each([
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
    ['2.5.29.17', '0603551d11'],
  ])('writes the identifier %s', (id, hex) => expect(der.identifier(id).toString('hex')).toBe(hex));

  it.each([0, 127, 128, 255, 256, 65_536])('writes a length of %i that OpenSSL reads', (bytes) => {
    const pem = toPem('X', der.octets(Buffer.alloc(bytes)));
    expect(openssl(['asn1parse'], pem)).toMatch(new RegExp(`l= *${String(bytes)} prim: OCTET STRING`));
  });

  it('writes times of both centuries', () => {
    expect(
      der
        .time(Date.UTC(2049, 11, 31))
        .subarray(2)
        .toString(),
    ).toBe('491231000000Z');
    expect(
      der
        .time(Date.UTC(2050, 0, 1))
        .subarray(2)
        .toString(),
    ).toBe('20500101000000Z');
  });
});

describe('a certificate', () => {
  const key = newKey();
  const root = issueCertificate({
    name: 'berth on m1',
    publicKey: createPublicKey(key),
    notBeforeMs: start,
    notAfterMs: start + 1e12,
    use: { kind: 'authority' },
    issuer: { name: 'berth on m1', privateKey: key },
  });
  const leafKey = newKey();
  const leaf = issueCertificate({
    name: 'shop.example.com',
    publicKey: createPublicKey(leafKey),
    notBeforeMs: start,
    notAfterMs: start + 90 * 86_400_000,
    use: { kind: 'leaf', hosts },
    issuer: { name: 'berth on m1', privateKey: key },
  });

  it('says what it was made to say, and is signed by its authority', () => {
    const read = new X509Certificate(leaf);
    const authority = new X509Certificate(root);
    expect(read.verify(authority.publicKey)).toBe(true);
    expect(read.checkIssued(authority)).toBe(true);
    expect(read.checkPrivateKey(leafKey)).toBe(true);
    expect(authority.ca).toBe(true);
    expect(read.ca).toBe(false);
    expect(read.validFromDate.getTime()).toBe(start);
    expect(read.checkHost('shop.example.com', { subject: 'never' })).toBe('shop.example.com');
    expect(read.checkHost('a.example.org', { subject: 'never' })).toBe('*.example.org');
    expect(read.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(read.checkIP('2001:db8::1')).toBe('2001:db8::1');
  });

  it('passes the strict check of OpenSSL for servers', () => {
    const shown = openssl(['x509', '-noout', '-text'], leaf);
    expect(shown).toContain('TLS Web Server Authentication');
    expect(shown).toContain('Digital Signature');
    const verified = execFileSync(
      'sh',
      [
        '-c',
        'd=$(mktemp -d); printf %s "$ROOT" >$d/r; printf %s "$LEAF" >$d/l; openssl verify -x509_strict -purpose sslserver -attime 1770000000 -CAfile $d/r $d/l; rm -r $d',
      ],
      { env: { ...process.env, ROOT: root, LEAF: leaf }, encoding: 'utf8' },
    );
    expect(verified).toContain(': OK');
  });

  it('can be asked for with a request that OpenSSL verifies', () => {
    const request = openssl(['req', '-noout', '-verify', '-text'], toPem('CERTIFICATE REQUEST', certificateRequest(hosts, leafKey)));
    expect(request).toContain('DNS:shop.example.com, DNS:*.example.org, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1');
  });
});
