import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../e2e/harness/free-port.ts';
import { backendOf, listenerOf, openEdge, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';
import { handshake, makePair, MemoryCertificates, type Pair } from './tls-kit.ts';

// What a scanner of TLS servers asks (protocols, ciphers, curves, chain, stapling, renegotiation, compression), of an
// elliptic-curve and of an RSA certificate.
const run = promisify(execFile);
const ports = { ec: await freePort(), rsa: await freePort() } as const;
const name = 'shop.web.routes';
let under: EdgeUnderTest;
let app: App;
let root: Pair;

beforeAll(async () => {
  const certificates = new MemoryCertificates();
  under = await openEdge({ certificates });
  app = await startApp('a');
  root = await makePair({ name: 'root', authority: true });
  const outer = await makePair({ name: 'outer', authority: true }, root);
  const inner = await makePair({ name: 'inner', authority: true }, outer);
  const listeners = await Promise.all(
    (['ec', 'rsa'] as const).map(async (key) => {
      const pair = await makePair({ name: 'a.test', hosts: ['a.test'], key }, inner);
      return listenerOf(ports[key], name, { tls: { certificates: [certificates.put(key, pair, ['a.test'])] } });
    }),
  );
  await under.edge.apply({ listeners, backends: [backendOf(name, [serverOf(app)])] });
});
afterAll(async () => {
  await under.close();
  await app.stop();
});

/** What openssl's client says of a handshake, with everything that is weak allowed on its side. */
async function sClient(port: number, args: readonly string[], input = ''): Promise<string> {
  const asked = run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'a.test', ...args], { timeout: 10_000 });
  asked.child.stdin?.end(input);
  const { stdout, stderr } = await asked.catch((thrown: { stdout: string; stderr: string }) => thrown);
  return `${stdout}${stderr}`;
}

const agreed = (said: string): boolean => /^(New|Reused), TLSv1/m.test(said) && !/Cipher is \(NONE\)/.test(said);

describe('protocols', () => {
  test.each(['tls1', 'tls1_1'])('%s is refused', async (version) => {
    for (const port of Object.values(ports)) expect(agreed(await sClient(port, [`-${version}`, '-cipher', 'ALL:@SECLEVEL=0']))).toBe(false);
  });
  test.each([
    ['SSL 2', '802e0100020015000000100100800200800300800400800500800600400700c0000102030405060708090a0b0c0d0e0f'],
    ['SSL 3', `160300002f0100002b0300${'00'.repeat(32)}000004000a00ff0100`],
  ])('%s is refused', async (_name, hello) => {
    const answer = await new Promise<Buffer>((resolve) => {
      const chunks: Buffer[] = [];
      const stream = connect(ports.rsa, '127.0.0.1');
      stream.on('data', (d: Buffer) => chunks.push(d)).on('error', () => undefined);
      stream.on('close', () => resolve(Buffer.concat(chunks)));
      stream.end(Buffer.from(hello, 'hex'));
    });
    // Nothing, or an alert (21); never a handshake (22).
    expect(answer[0] ?? 21).toBe(21);
  });
  test.each(['tls1_2', 'tls1_3'])('%s is spoken', async (version) => {
    for (const port of Object.values(ports)) expect(agreed(await sClient(port, [`-${version}`]))).toBe(true);
  });
});

describe('ciphers of TLS 1.2', () => {
  test.each([
    'RC4',
    '3DES',
    'aNULL',
    'eNULL',
    'EXPORT',
    'kRSA',
    'DHE',
    'ECDHE+SHA1',
    'ECDHE+AES:!AESGCM',
    'ARIA:CAMELLIA',
    'PSK:SRP',
    'MD5',
  ])('%s is refused', async (list) => {
    for (const port of Object.values(ports)) {
      const said = await sClient(port, ['-tls1_2', '-cipher', `${list}:@SECLEVEL=0`]);
      expect(agreed(said)).toBe(false);
    }
  });
  test.each([
    ['ec', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['ec', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
    ['ec', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
    ['rsa', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['rsa', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ['rsa', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ] as const)('with an %s key, %s is spoken', async (key, cipher) => {
    expect(await sClient(ports[key], ['-tls1_2', '-cipher', cipher])).toContain(`Cipher is ${cipher}`);
  });
  test('keys are exchanged forward-secret on current curves only', async () => {
    for (const curve of ['X25519', 'P-256', 'P-384']) expect(agreed(await sClient(ports.ec, ['-curves', curve]))).toBe(true);
    for (const curve of ['P-521', 'X448']) expect(agreed(await sClient(ports.rsa, ['-curves', curve]))).toBe(false);
  });
});

test('the chain is complete and in order, without the root', async () => {
  for (const port of Object.values(ports)) {
    const said = await sClient(port, ['-showcerts']);
    const chain = [...said.matchAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)].map(
      ([pem]) => new X509Certificate(pem),
    );
    expect(chain.map((c) => c.subject)).toEqual(['CN=a.test', 'CN=inner', 'CN=outer']);
    for (const [at, certificate] of chain.entries()) {
      expect(certificate.verify((chain[at + 1] ?? new X509Certificate(root.cert)).publicKey)).toBe(true);
    }
    const socket = await handshake(port, { ca: root.cert, servername: 'a.test', rejectUnauthorized: true });
    expect(socket.authorized).toBe(true);
    socket.destroy();
  }
});

test.each([
  [['h2', 'http/1.1'], 'h2'],
  [['http/1.1'], 'http/1.1'],
  [['http/1.0', 'spdy/3'], false],
] as const)('offered %j, it speaks %s', async (offered, chosen) => {
  const spoken = await handshake(ports.ec, { ALPNProtocols: [...offered], servername: 'a.test' }).then(
    (socket) => {
      socket.destroy();
      return socket.alpnProtocol ?? false;
    },
    (thrown: { code?: string }) => {
      if (thrown.code !== 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') throw thrown;
      return false;
    },
  );
  expect(spoken).toBe(chosen);
});

test('nothing is compressed, renegotiated by a client, sent early, or kept in tickets', async () => {
  const said = await sClient(ports.rsa, ['-tls1_2', '-comp', '-cipher', 'ALL:@SECLEVEL=0']);
  expect(said).toContain('Compression: NONE');
  expect(said).toContain('Secure Renegotiation IS supported');
  expect(said).not.toContain('TLS session ticket:');
  expect(await sClient(ports.rsa, ['-tls1_3'])).toMatch(/Early data was not sent|Max Early Data: 0/);
  const renegotiated = await sClient(ports.rsa, ['-tls1_2'], 'R\n');
  expect(renegotiated).toMatch(/RENEGOTIATING[\s\S]*(no renegotiation|handshake failure|unexpected|error)/i);
});

test('no status is stapled where the certificate names nobody to ask, and HAProxy has nothing to say of it', async () => {
  for (const port of Object.values(ports)) expect(await sClient(port, ['-status'])).toContain('OCSP response: no response sent');
  const { stdout, stderr } = await run('docker', ['logs', under.container]);
  expect(`${stdout}${stderr}`).not.toMatch(/ocsp|WARNING|ALERT/i);
});
