import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { issueCertificate, keyPem, newKey } from '../../src/certificates/x509.ts';
import { Pebble } from '../integration/pebble.ts';
import { pebbleProgram } from '../integration/pebble-program.ts';
import { freePort, get, getSecure, web, type Site } from './harness/index.ts';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();
const host = 'shop.test';
const days = (n: number): number => Date.now() + n * 86_400_000;

type Certificate = { state: string; issuer?: string; warning?: string; hosts: string[] };
const certificateOf = async (site: Site): Promise<Certificate | undefined> =>
  (await site.json<{ services: { certificate?: Certificate }[] }>('ps')).services[0]?.certificate;

/** Writes the application with TLS for `host` on a port of its own, and answers the port. */
async function compose(site: Site, tls: string): Promise<number> {
  const secure = await freePort();
  const xBerth = `      routes: [{ host: ${host}, port: ${secure} }]\n      tls: ${tls}`;
  site.compose(web({ replicas: 1, xBerth }));
  return secure;
}

/** A certificate that signed itself, and its key. */
function pair(names: string[], notAfterMs = days(30)): { cert: string; key: string } {
  const key = newKey();
  const cert = issueCertificate({
    name: host,
    publicKey: createPublicKey(key),
    notBeforeMs: days(-60),
    notAfterMs,
    use: { kind: 'leaf', hosts: names },
    issuer: { name: host, privateKey: key },
  });
  return { cert, key: keyPem(key) };
}

/** Asks without a pause until told to stop; answers everything that was no success. */
function load(port: number, ca: string): { stop(): Promise<{ asked: number; failed: string[] }> } {
  let stopped = false;
  const failed: string[] = [];
  let asked = 0;
  const client = async (): Promise<void> => {
    while (!stopped) {
      const { status, error } = await getSecure({ host, port, ca });
      asked++;
      if (status !== 200) failed.push(`${status} ${error ?? ''}`);
    }
  };
  const clients = Promise.all(Array.from({ length: 4 }, client));
  return {
    async stop() {
      stopped = true;
      await clients;
      return { asked, failed };
    },
  };
}

test("berth's own authority: trusted once, renewed under load without a lost request, kept over the server's death", async () => {
  await using site = await openSite();
  const port = await compose(site, '{ internal: true, redirect: false }');
  const plan = (await site.ok('plan')).out;
  expect(plan).toContain(`Certificate ${host}: Making`);
  await site.ok('up');
  await site.ok('tls', 'trust', '--out', 'ca.pem');
  const ca = readFileSync(path.join(site.directory, 'ca.pem'), 'utf8');
  expect((await site.ok('tls', 'trust')).out).toBe(ca);
  expect(ca).not.toContain('PRIVATE');
  const first = await getSecure({ host, port, ca });
  expect(first.status).toBe(200);
  const running = load(port, ca);
  for (let i = 0; i < 5; i++) await site.ok('tls', 'renew');
  const { asked, failed } = await running.stop();
  expect(failed).toEqual([]);
  expect(asked).toBeGreaterThan(50);
  const renewed = await getSecure({ host, port, ca });
  expect(renewed.certificate?.serialNumber).not.toBe(first.certificate?.serialNumber);
  process.kill(await site.serverPid(), 'SIGKILL');
  expect((await getSecure({ host, port, ca })).certificate?.serialNumber).toBe(renewed.certificate?.serialNumber);
  expect(await certificateOf(site)).toMatchObject({ state: 'valid', hosts: [host] });
  expect(await site.json('up')).toMatchObject({ unchanged: true });
  const stored = ['berth.db', 'berth.db-wal', 'server.log'].map((file) => readFileSync(path.join(site.home, file), 'latin1')).join('');
  expect(stored).not.toContain('PRIVATE KEY');
});

test('of secrets of the store: a new version is served after `up`, the old one after a rollback, and no instance changes', async () => {
  await using site = await openSite();
  const [first, second] = [pair([host]), pair([host])];
  const port = await compose(site, '{ cert: cert, key: key, redirect: false }');
  site.write('compose.override.yaml', 'secrets: { cert: { external: true, name: TLS_CERT }, key: { external: true, name: TLS_KEY } }\n');
  const set = async ({ cert, key }: ReturnType<typeof pair>): Promise<void> => {
    site.write('cert.pem', cert);
    site.write('key.pem', key);
    await site.ok('secret', 'set', 'TLS_CERT', '--file', 'cert.pem');
    await site.ok('secret', 'set', 'TLS_KEY', '--file', 'key.pem');
  };
  const isServed = async ({ cert }: ReturnType<typeof pair>): Promise<void> =>
    expect(await getSecure({ host, port, ca: cert })).toMatchObject({ status: 200 });
  await set({ ...first, key: second.key });
  expect(await site.berth('up')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/The key of web \(compose\.yaml:\d+:\d+\), the secret TLS_KEY, does not belong to the certificate/),
  });
  await set(first);
  await site.ok('up');
  await isServed(first);
  const instances = await site.instances();
  await set(second);
  await site.ok('up');
  await isServed(second);
  await site.ok('rollback');
  await isServed(first);
  expect(await site.instances()).toEqual(instances);
  const [line = ''] = first.key.split('\n').slice(1);
  const stored = ['berth.db', 'berth.db-wal', 'server.log'].map((file) => readFileSync(path.join(site.home, file), 'latin1')).join('');
  expect(stored).not.toContain(line);
});

describe('files of the user', () => {
  test('that do not fit change nothing, with their place; what serves goes on, and the right ones are taken', async () => {
    await using site = await openSite();
    const good = pair([host]);
    site.write('cert.pem', good.cert);
    site.write('key.pem', good.key);
    const port = await compose(site, '{ cert: cert.pem, key: key.pem, redirect: false }');
    await site.ok('up');
    const serves = async (): Promise<void> => expect((await getSecure({ host, port, ca: good.cert })).status).toBe(200);
    await serves();
    const place = /compose\.yaml:\d+:\d+/;
    const refused = async (words: string): Promise<void> => {
      const { code, err } = await site.berth('up');
      expect(err).toContain(words);
      expect(err).toMatch(place);
      expect(err).not.toContain('PRIVATE');
      expect(code).toBe(2);
      await serves();
    };
    site.write('key.pem', pair([host]).key);
    await refused('the key `key.pem` does not belong to the certificate');
    const expired = pair([host], days(-1));
    site.write('cert.pem', expired.cert);
    site.write('key.pem', expired.key);
    await refused('expired on');
    const other = pair(['other.test']);
    site.write('cert.pem', other.cert);
    site.write('key.pem', other.key);
    await refused('is not for `shop.test`');
    site.write('cert.pem', other.cert.slice(0, 200));
    await refused('the certificate `cert.pem` holds no certificate');
    const next = pair([host], days(10));
    site.write('cert.pem', next.cert);
    site.write('key.pem', next.key);
    await site.ok('up');
    expect((await getSecure({ host, port, ca: next.cert })).status).toBe(200);
    expect((await certificateOf(site))?.warning).toContain('ends in 9 days');
    await site.ok('rollback');
    await serves();
  });
});

const program = await pebbleProgram();

describe.skipIf('missing' in program)(`an ACME server${'missing' in program ? ` (${program.missing})` : ''}`, () => {
  test('that is away does not stop the rollout; when it is back, its certificate is served, and renewed under load', async () => {
    await using pebble = await Pebble.open('file' in program ? program.file : '', { httpPort: 80 });
    await using site = await openSite();
    site.write('pebble.pem', pebble.directoryCa);
    const port = await compose(site, `{ acme: { directory: "${pebble.directory}", email: ops@example.com, directoryCa: pebble.pem } }`);
    await pebble.stop();
    const { err } = await site.ok('up');
    expect(err).toContain('could not be asked: ECONNREFUSED');
    expect(await certificateOf(site)).toMatchObject({ state: 'placeholder', issuer: expect.stringMatching(/^berth on /) as unknown });
    // Nothing else wants port 80 here: it is open for the server's question alone.
    expect(await get('http://127.0.0.1:80/x', { host })).toMatchObject({ status: 404 });
    await pebble.restart();
    const { out } = await site.ok('tls', 'renew', host);
    expect(out).toMatch(/valid/);
    expect((await certificateOf(site))?.issuer).toMatch(/^Pebble/);
    const ca = await pebble.rootCertificate();
    const first = await getSecure({ host, port, ca });
    expect(first).toMatchObject({ status: 200 });
    const running = load(port, ca);
    for (let i = 0; i < 3; i++) await site.ok('tls', 'renew');
    expect((await running.stop()).failed).toEqual([]);
    const renewed = await getSecure({ host, port, ca });
    expect(renewed.certificate?.serialNumber).not.toBe(first.certificate?.serialNumber);
    expect(await site.json('up')).toMatchObject({ unchanged: true });
  });

  test('is asked once for two services where the certificate of one is for the hosts of the other, and renews it for both', async () => {
    await using pebble = await Pebble.open('file' in program ? program.file : '', { httpPort: 80 });
    await using site = await openSite();
    site.write('pebble.pem', pebble.directoryCa);
    const port = await freePort();
    const service = (name: string, route: string): string => `  ${name}:
    image: $IMAGE
    x-berth: { port: 3000, routes: [{ ${route}, port: ${port} }], probe: { http: / }, rollout: { watch: 0s } }
`;
    const tls = `x-berth: { tls: { acme: { directory: "${pebble.directory}", email: ops@example.com, directoryCa: pebble.pem } } }`;
    site.compose(`${tls}\nservices:\n${service('docs', `host: ${host}, path: /env`)}${service('web', `host: ${host}, www: drop`)}`);
    await site.ok('up');
    const ca = await pebble.rootCertificate();
    const shown = async (name: string): Promise<string | undefined> => {
      const { status, certificate } = await getSecure({ host: name, port, ca });
      expect(status).toBe(name === host ? 200 : 308);
      return certificate?.serialNumber;
    };
    const first = await shown(`www.${host}`);
    expect(await shown(host)).toBe(first);
    await site.ok('tls', 'renew', host);
    const second = await shown(`www.${host}`);
    expect(second).not.toBe(first);
    expect(await shown(host)).toBe(second);
    const { certificates } = await site.json<{ certificates: { usedBy: string[] }[] }>('tls', 'list');
    expect(certificates.filter((c) => c.usedBy.some((name) => name.startsWith(`${site.name}/`)))).toHaveLength(1);
  });
});
