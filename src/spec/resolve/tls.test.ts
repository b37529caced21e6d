import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { issueCertificate, keyPem, newKey } from '../../certificates/x509.ts';
import { failureOf, home, loadFiles, readerOf } from '../../../test/fakes/spec-files.ts';
import { loadProject } from '../index.ts';

const start = Date.UTC(2026, 0, 1);

type Signer = { readonly name: string; readonly key: KeyObject };

function certificate(name: string, key: KeyObject, signer: Signer, hosts?: string[]): string {
  return issueCertificate({
    name,
    publicKey: createPublicKey(key),
    notBeforeMs: start,
    notAfterMs: start + 1e11,
    use: hosts === undefined ? { kind: 'authority' } : { kind: 'leaf', hosts },
    issuer: { name: signer.name, privateKey: signer.key },
  });
}

const root: Signer = { name: 'Root', key: newKey() };
const middle: Signer = { name: 'Middle', key: newKey() };
const leafKey = newKey();
const rootPem = certificate('Root', root.key, root);
const middlePem = certificate('Middle', middle.key, root);
const leafPem = certificate('shop.test', leafKey, middle, ['shop.test', '*.shop.test']);

function compose(tls: string, routes = '[{ host: shop.test }]', more = ''): string {
  return `services:\n  web:\n    image: x\n    x-berth:\n      port: 3000\n      routes: ${routes}\n      tls: ${tls}\n${more}`;
}

const files = { 'compose.yaml': compose('{ cert: c.pem, key: k.pem }'), 'c.pem': `${leafPem}${middlePem}`, 'k.pem': keyPem(leafKey) };
const tlsOf = async (given: Record<string, string>) => (await loadFiles(given)).project.services[0]?.tls;

describe('x-berth.tls', () => {
  it('is a certificate of files, whose bytes travel beside the project', async () => {
    const { project, files: bytes, warnings } = await loadFiles(files);
    const certificateOf = project.services[0]?.tls?.certificate;
    if (certificateOf?.kind !== 'files') throw new Error('no files');
    expect(Buffer.from(bytes[certificateOf.keySha256] ?? []).toString()).toBe(files['k.pem']);
    expect(Buffer.from(bytes[certificateOf.certSha256] ?? []).toString()).toBe(files['c.pem']);
    expect(JSON.stringify(project)).not.toContain('PRIVATE');
    expect(project.places['services.web.x-berth.tls']).toBe('compose.yaml:7:12');
    // The chain ends below a root of somebody's own, which clients may know.
    expect(warnings.map((w) => w.message)).toEqual([
      'the certificate `c.pem` ends at «Middle» without its issuer «CN=Root»: clients that do not know that one refuse the chain',
    ]);
  });

  it('is read from secrets by their names, too', async () => {
    const more = 'secrets:\n  cert: { file: c.pem }\n  key: { file: k.pem }\n';
    expect(await tlsOf({ ...files, 'compose.yaml': compose('{ cert: cert, key: key }', undefined, more) })).toEqual(await tlsOf(files));
  });

  it('is read by the server where the key is in its store, with a certificate of there or of a file', async () => {
    const more = 'secrets:\n  tls: { external: true, name: TLS_KEY }\n  chain: { external: true }\n';
    const given = { ...files, 'compose.yaml': compose('{ cert: c.pem, key: tls }', undefined, more) };
    const { project, files: bytes } = await loadFiles(given);
    const pem = `${leafPem.trim()}\n${middlePem.trim()}`;
    expect(project.services[0]?.tls).toEqual({ certificate: { kind: 'secrets', cert: { pem }, key: { secret: 'TLS_KEY' } } });
    expect(project.secrets).toEqual({ TLS_KEY: { kind: 'store', name: 'TLS_KEY' } });
    expect(project.places['secrets.TLS_KEY']).toBe('compose.yaml:7:32');
    expect(bytes).toEqual({});
    const both = await loadFiles({ 'compose.yaml': compose('{ cert: chain, key: tls }', undefined, more) });
    expect(both.project.services[0]?.tls?.certificate).toEqual({ kind: 'secrets', cert: { secret: 'chain' }, key: { secret: 'TLS_KEY' } });
    expect(Object.keys(both.project.secrets ?? {})).toEqual(['TLS_KEY', 'chain']);
    const lone = { ...files, 'compose.yaml': compose('{ cert: chain, key: k.pem }', undefined, more) };
    expect(await failureOf(loadFiles(lone))).toContain('the secret `chain` is external, which this cannot be read from');
  });

  it('is internal, or of an ACME server', async () => {
    expect(await tlsOf({ 'compose.yaml': compose('internal') })).toEqual({ certificate: { kind: 'internal' } });
    expect(await tlsOf({ 'compose.yaml': compose('{ internal: true, hsts: true, redirect: false }') })).toEqual({
      certificate: { kind: 'internal' },
    });
    const acme = '{ acme: { directory: "https://ca.test/dir", email: a@b.test, directoryCa: root.pem }, clientCa: root.pem }';
    expect(await tlsOf({ 'compose.yaml': compose(acme), 'root.pem': `text before\n${rootPem}` })).toEqual({
      certificate: { kind: 'acme', directory: 'https://ca.test/dir', email: 'a@b.test', challenge: 'http-01', directoryCa: rootPem.trim() },
      clientCa: rootPem.trim(),
    });
  });

  it('has a default of the project, which holds for services with routes, and which `none` takes away', async () => {
    const text = `x-berth: { tls: internal }
services:
  web: { image: x, x-berth: { port: 1, routes: [{ host: a.test }] } }
  plain: { image: x, x-berth: { port: 1, routes: [{ host: b.test }], tls: none } }
  worker: { image: x }
`;
    const { project } = await loadFiles({ 'compose.yaml': text });
    expect(project.services.map((s) => s.tls)).toEqual([{ certificate: { kind: 'internal' } }, undefined, undefined]);
  });
});

describe('a chain', () => {
  it.each([
    ['in another order', `${middlePem}${leafPem}`, []],
    ['with its root', `${leafPem}${middlePem}${rootPem}`, []],
    [
      'with a stranger in it',
      `${leafPem}${middlePem}${rootPem}${certificate('Other', newKey(), { name: 'Else', key: newKey() })}`,
      ['no part of its chain, and are left out: Other'],
    ],
    ['without the one in the middle', leafPem, ['ends at «shop.test» without its issuer «CN=Middle»']],
  ])('%s is taken', async (_name, cert, words) => {
    const { warnings } = await loadFiles({ ...files, 'c.pem': cert });
    const said = warnings.map((w) => w.message).filter((message) => !message.includes('CN=Root'));
    expect(said).toHaveLength(words.length);
    for (const [i, word] of words.entries()) expect(said[i]).toContain(word);
  });
});

describe('what cannot be used is told with its place', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const encrypted = leafKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
  it.each([
    [{ 'k.pem': keyPem(newKey()) }, '7:32: the key `k.pem` does not belong to the certificate'],
    [{ 'k.pem': keyPem(rsa) }, '7:32: the key `k.pem` does not belong to the certificate'],
    [{ 'k.pem': encrypted }, '7:32: the key `k.pem` is encrypted'],
    [{ 'k.pem': leafPem }, '7:32: the key `k.pem` holds no private key'],
    [
      { 'k.pem': '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' },
      '7:32: the key `k.pem` holds a private key that cannot be read',
    ],
    [{ 'c.pem': 'not PEM' }, '7:20: the certificate `c.pem` holds no certificate'],
    [{ 'c.pem': leafPem.replace('MII', 'AII') }, '7:20: the certificate `c.pem` holds a certificate that cannot be read'],
    [
      { 'compose.yaml': compose('{ cert: c.pem, key: k.pem }', '[{ host: other.test }]') },
      '7:20: the certificate `c.pem` is not for `other.test`',
    ],
    [{ 'compose.yaml': compose('{ cert: c.pem, key: gone.pem }') }, '7:32: the file of `x-berth.tls.key` gone.pem does not exist'],
    [{ 'compose.yaml': compose('{ cert: c.pem, key: ../k.pem }') }, '7:32: `key` is the file ../k.pem, which is outside the project'],
    [{ 'compose.yaml': compose('{ cert: c.pem }') }, '7:12: `x-berth.tls` has a `cert` but no `key`'],
    [{ 'compose.yaml': compose('{}') }, '7:12: `x-berth.tls` does not say where the certificate comes from'],
    [{ 'compose.yaml': compose('{ internal: true, cert: c.pem, key: k.pem }') }, '7:12: `x-berth.tls` names more than one source'],
    [{ 'compose.yaml': compose('{ internal: true, clientCa: k.pem }') }, '7:40: `clientCa` `k.pem` holds no certificate'],
    [{ 'compose.yaml': compose('{ internal: true, hsts: always }') }, '7:36: `hsts` must be the value of'],
    [{ 'compose.yaml': compose('internal', '[]') }, '7:12: `services.web` has `x-berth.tls` and no route'],
    [{ 'compose.yaml': compose('{ acme: { directory: "ftp://x" } }') }, '`acme.directory` must be an address'],
    [{ 'compose.yaml': compose('{ acme: { directory: "https://x", email: nobody } }') }, '`acme.email` must be an address of mail'],
    [
      { 'compose.yaml': compose('{ acme: { directory: "https://x" } }', '[{ host: "*.shop.test" }]') },
      'which no authority proves by http-01',
    ],
    [{ 'compose.yaml': compose('{ acme: { directory: "https://x" } }', '[{ port: 8443 }]') }, 'a route without a host'],
  ])('%#', async (changed, words) => {
    const said = await failureOf(loadFiles({ ...files, ...changed }));
    expect(said).toContain(words);
    expect(said).not.toContain('PRIVATE KEY-----\nM');
  });

  it('a file that changes while it is read', async () => {
    const reader = readerOf(files);
    let reads = 0;
    const changing = {
      ...reader,
      read: (file: string) => (file.endsWith('k.pem') ? Promise.resolve(Buffer.from(`${++reads}`)) : reader.read(file)),
    };
    const input = { directory: home, files: [], profiles: [], envFiles: [], variables: {}, strict: false };
    expect(await failureOf(loadProject({ ...input, reader: changing }))).toContain(
      'the files of the certificate change while they are read',
    );
  });

  it('a pair that is replaced while it is read is taken whole', async () => {
    const reader = readerOf(files);
    const old = { cert: certificate('shop.test', newKey(), middle, ['shop.test']), key: keyPem(newKey()) };
    let reads = 0;
    const replaced = {
      ...reader,
      read: (file: string) =>
        /[ck]\.pem$/.test(file) && ++reads < 2
          ? Promise.resolve(Buffer.from(file.endsWith('c.pem') ? old.cert : old.key))
          : reader.read(file),
    };
    const input = { directory: home, files: [], profiles: [], envFiles: [], variables: {}, strict: false };
    expect((await loadProject({ ...input, reader: replaced })).project.services[0]?.tls).toEqual(await tlsOf(files));
  });
});
