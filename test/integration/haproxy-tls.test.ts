import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ListenerCertificate, ListenerTls, ProxyConfig } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { ask, backendOf, listenerOf, openEdge, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';
import { handshake, makePair, MemoryCertificates, shown, type Pair } from './tls-kit.ts';

const run = promisify(execFile);
const port = await freePort(3);
const name = 'shop.web.routes';
let root: Pair;
let middle: Pair;
let app: App;
let under: EdgeUnderTest;
let certificates: MemoryCertificates;

beforeAll(async () => {
  app = await startApp('a');
  root = await makePair({ name: 'root', authority: true });
  middle = await makePair({ name: 'middle', authority: true }, root);
});
afterAll(() => app.stop());
beforeEach(async () => {
  certificates = new MemoryCertificates();
  under = await openEdge({ certificates });
});
afterEach(() => under.close());

const pairFor = (hosts: readonly string[], by = middle): Promise<Pair> => makePair({ name: hosts[0] ?? 'x', hosts }, by);

async function certificateFor(id: string, ...hosts: string[]): Promise<ListenerCertificate> {
  return certificates.put(id, await pairFor(hosts), hosts);
}

function secure(tls: readonly ListenerCertificate[], over: Partial<ListenerTls> = {}, at = port): ProxyConfig {
  return {
    listeners: [listenerOf(at, name, { tls: { certificates: tls, ...over } })],
    backends: [backendOf(name, [serverOf(app)])],
  };
}

/** The names of the certificate that a client of a host is shown. */
const namesAt = async (host?: string, at = port): Promise<string> => (await shown(at, host)).names.replaceAll('DNS:', '');

/** Waits until HAProxy is back after its container was stopped. */
async function untilBack(): Promise<void> {
  await expect
    .poll(
      () =>
        shown(port).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
}

/** One request over TLS, on a connection of its own. */
function get(at: number, options: SecureContextOptions & { servername?: string; headers?: Record<string, string> } = {}) {
  return new Promise<number>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: at, agent: false, rejectUnauthorized: false, ...options }, (res) => {
      res.resume().on('end', () => resolve(res.statusCode ?? 0));
    });
    asked.on('error', reject).end();
  });
}

describe('chooses a certificate', () => {
  test('by the name that is asked for; the first where none is its own', async () => {
    const list = [await certificateFor('a', 'a.test'), await certificateFor('b', 'b.test', '*.b.test')];
    await under.edge.apply(secure(list));
    expect([await namesAt('a.test'), await namesAt('B.test'), await namesAt('x.b.test')]).toEqual([
      'a.test',
      'b.test, *.b.test',
      'b.test, *.b.test',
    ]);
    expect([await namesAt(), await namesAt('nobody.test'), await namesAt('x.y.b.test')]).toEqual(['a.test', 'a.test', 'a.test']);
  });

  test('and answers no handshake while there is none, then does', async () => {
    await under.edge.apply(secure([]));
    await expect(shown(port, 'a.test')).rejects.toThrow();
    expect(await under.edge.apply(secure([await certificateFor('a', 'a.test')]))).toEqual({ reloaded: true });
    expect(await namesAt()).toBe('a.test');
  });
});

describe('changes certificates without a reload', () => {
  test('renewed, added, taken away, with other names, another default', async () => {
    const [a, b] = [await certificateFor('a', 'a.test'), await certificateFor('b', 'b.test')];
    await under.edge.apply(secure([a, b]));
    const before = await shown(port, 'a.test');
    const renewed = await certificateFor('a', 'a.test');
    expect(await under.edge.apply(secure([renewed, b]))).toEqual({ reloaded: false });
    const after = await shown(port, 'a.test');
    expect(after.serial).not.toBe(before.serial);
    expect(await shown(port)).toEqual(after);
    const c = await certificateFor('c', 'c.test');
    expect(await under.edge.apply(secure([c, renewed, b]))).toEqual({ reloaded: false });
    expect([await namesAt('c.test'), await namesAt('a.test'), await namesAt()]).toEqual(['c.test', 'a.test', 'c.test']);
    const more = { ...b, hosts: ['b.test', '*.b.test'] };
    expect(await under.edge.apply(secure([c, more]))).toEqual({ reloaded: false });
    expect([await namesAt('x.b.test'), await namesAt('a.test')]).toEqual(['b.test', 'c.test']);
    expect(await under.edge.apply(secure([more]))).toEqual({ reloaded: false });
    expect([await namesAt('c.test'), await namesAt()]).toEqual(['b.test', 'b.test']);
  });

  test('with one that only stands in, which never goes before another for the same name', async () => {
    const wide: ListenerCertificate = { ...(await certificateFor('wide', 'a.test', 'www.a.test')), placeholder: true };
    const shownNow = async () => [await namesAt('a.test'), await namesAt('www.a.test'), await namesAt()];
    await under.edge.apply(secure([wide]));
    const both = 'a.test, www.a.test';
    expect(await shownNow()).toEqual([both, both, both]);
    const narrow = await certificateFor('narrow', 'a.test');
    expect(await under.edge.apply(secure([wide, narrow]))).toEqual({ reloaded: false });
    expect(await shownNow()).toEqual(['a.test', both, 'a.test']);
    const there = await certificateFor('wide', 'a.test', 'www.a.test');
    expect(await under.edge.apply(secure([there, narrow]))).toEqual({ reloaded: false });
    expect(await shownNow()).toEqual([both, both, both]);
    expect(await under.edge.apply(secure([there]))).toEqual({ reloaded: false });
    expect(await shownNow()).toEqual([both, both, both]);
  });

  test('on two listeners that share one', async () => {
    const [a, b] = [await certificateFor('a', 'a.test'), await certificateFor('b', 'b.test')];
    const both = (one: ListenerCertificate[], two: ListenerCertificate[]): ProxyConfig => {
      const first = secure(one);
      return { ...first, listeners: [...first.listeners, ...secure(two, {}, port + 1).listeners] };
    };
    await under.edge.apply(both([a], [a, b]));
    const renewed = await certificateFor('a', 'a.test');
    expect(await under.edge.apply(both([renewed], [b, renewed]))).toEqual({ reloaded: false });
    expect(await shown(port, 'a.test')).toEqual(await shown(port + 1, 'a.test'));
    expect([await namesAt(undefined, port), await namesAt(undefined, port + 1)]).toEqual(['a.test', 'b.test']);
  });

  test('after a server process that broke off in the middle', async () => {
    const a = await certificateFor('a', 'a.test');
    await under.edge.apply(secure([a]));
    const renewed = await certificateFor('a', 'a.test');
    const left = '/run/berth/tls/left.pem';
    await tell(`new ssl cert ${left}`);
    expect(await tell(`set ssl cert ${left} <<\n${(await pairFor(['l.test'])).cert}`)).toContain('Transaction created');
    expect(await under.again().apply(secure([renewed]))).toEqual({ reloaded: false });
    expect((await shown(port)).names).toBe('DNS:a.test');
  });

  test('but with one for a chain that is longer than a command may be', async () => {
    const long = await pairFor(['a.test']);
    const a = await certificateFor('a', 'a.test');
    await under.edge.apply(secure([a]));
    const padded = certificates.put('a', { ...long, chain: middle.cert.repeat(30) }, ['a.test']);
    expect(await under.edge.apply(secure([padded]))).toEqual({ reloaded: true });
    const socket = await handshake(port);
    expect(socket.getPeerX509Certificate()?.subjectAltName).toBe('DNS:a.test');
    socket.destroy();
    expect(await under.again().apply(secure([padded]))).toEqual({ reloaded: false });
  });

  test('and keeps what it had when one is broken', async () => {
    const a = await certificateFor('a', 'a.test');
    await under.edge.apply(secure([a]));
    const [one, other] = [await pairFor(['a.test']), await pairFor(['a.test'])];
    const broken = certificates.put('a', { ...one, key: other.key }, ['a.test']);
    await expect(under.edge.apply(secure([broken]))).rejects.toMatchObject({ code: 'EDGE_FAILED' });
    expect(await namesAt('a.test')).toBe('a.test');
    const good = await certificateFor('a', 'a.test');
    await under.edge.apply(secure([good]));
    await run('docker', ['restart', '-t', '1', under.container]);
    await untilBack();
    expect(await namesAt('a.test')).toBe('a.test');
  });

  test('and says which one is not there', async () => {
    const gone = { id: 'gone', fingerprint: 'x', hosts: [] };
    await expect(under.edge.apply(secure([gone]))).rejects.toMatchObject({ code: 'EDGE_FAILED', message: expect.stringContaining('gone') });
  });
});

describe('starts with the certificates that it had last', () => {
  test.each(['its processes are killed', 'its container is restarted', 'the run directory is empty, as after a reboot'])(
    'when %s',
    async (how) => {
      const b = await certificateFor('b', 'b.test');
      await under.edge.apply(secure([await certificateFor('a', 'a.test'), b]));
      const last = [await certificateFor('c', 'c.test'), await certificateFor('a', 'a.test')];
      expect(await under.edge.apply(secure(last))).toEqual({ reloaded: false });
      const serial = (await shown(port, 'a.test')).serial;
      if (how.startsWith('its processes'))
        await run('docker', ['kill', '-s', 'KILL', under.container]).then(() => run('docker', ['start', under.container]));
      else if (how.startsWith('its container')) await run('docker', ['restart', '-t', '1', under.container]);
      else {
        await run('docker', ['stop', '-t', '1', under.container]);
        await run('find', [under.runDirectory, '-mindepth', '1', '-delete']);
        await run('docker', ['start', under.container]);
      }
      await untilBack();
      expect((await shown(port, 'a.test')).serial).toBe(serial);
      expect([await namesAt(), await namesAt('b.test')]).toEqual(['c.test', 'c.test']);
      expect(await under.again().apply(secure(last))).toEqual({ reloaded: false });
    },
  );

  test('and keeps no key that is not needed, and none that others can read', async () => {
    await under.edge.apply(secure([await certificateFor('a', 'a.test')]));
    const last = secure([await certificateFor('a', 'a.test')]);
    await under.edge.apply(last);
    const directory = join(under.runDirectory, 'tls');
    const files = await readdir(directory);
    expect(files).toHaveLength(3);
    const { stdout } = await run('docker', [
      'exec',
      under.container,
      'sh',
      '-c',
      'cd /var/lib/berth/tls && stat -c "%n %a %u" * && stat -c "%a %u" .',
    ]);
    expect(stdout.trim().split('\n').toSorted()).toEqual([...files.map((f) => `${f} 600 0`), '700 0'].toSorted());
    for (const file of files) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(under.runDirectory, 'haproxy.cfg'), 'utf8')).not.toContain('PRIVATE');
    await under.edge.apply({ ...last, listeners: [listenerOf(port, name)] });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('client certificates', () => {
  test('are demanded of the authority, and told to the application', async () => {
    const [ours, theirs] = [await makePair({ name: 'ours', authority: true }), await makePair({ name: 'theirs', authority: true })];
    const [good, bad] = [await makePair({ name: 'alice' }, ours), await makePair({ name: 'mallory' }, theirs)];
    await under.edge.apply(secure([await certificateFor('a', 'a.test')], { clientCa: ours.cert }));
    await expect(get(port)).rejects.toThrow();
    await expect(get(port, { cert: bad.cert, key: bad.key })).rejects.toThrow();
    const headers = { 'X-SSL-Client-DN': 'CN=root', 'X-SSL-Client-Extra': 'x' };
    expect(await get(port, { cert: good.cert, key: good.key, headers })).toBe(200);
    const {
      'x-ssl-client-dn': dn,
      'x-ssl-client-verify': verify,
      'x-ssl-client-extra': extra,
      'x-forwarded-proto': proto,
    } = app.seen.at(-1)?.headers ?? {};
    expect({ dn, verify, extra, proto }).toEqual({ dn: 'CN=alice', verify: 'SUCCESS', extra: undefined, proto: 'https' });
  });

  test('cannot be claimed by a header, with TLS or without', async () => {
    const config = secure([await certificateFor('a', 'a.test')]);
    await under.edge.apply({ ...config, listeners: [...config.listeners, listenerOf(port + 1, name)] });
    const headers = { 'X-SSL-Client-Verify': 'SUCCESS', 'X-SSL-Client-DN': 'CN=root' };
    await get(port, { headers });
    await ask(port + 1, { headers });
    for (const { headers: seen } of app.seen.slice(-2)) expect(Object.keys(seen).filter((h) => h.startsWith('x-ssl'))).toEqual([]);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('are not left out by resuming a session of another listener (%s)', async (version) => {
    const [ours, theirs] = [await makePair({ name: 'ours', authority: true }), await makePair({ name: 'theirs', authority: true })];
    const stranger = await makePair({ name: 'mallory' }, theirs);
    const a = [await certificateFor('a', 'a.test')];
    const listeners = [secure(a), secure(a, { clientCa: ours.cert }, port + 1), secure(a, { clientCa: theirs.cert }, port + 2)];
    await under.edge.apply({ ...secure(a), listeners: listeners.flatMap((c) => c.listeners) });
    const versions = { minVersion: version, maxVersion: version, servername: 'a.test' };
    for (const [from, client] of [
      [port, {}],
      [port + 2, { cert: stranger.cert, key: stranger.key }],
    ] as const) {
      const session = await sessionOf(from, { ...versions, ...client });
      const resumed = get(port + 1, { ...versions, ...client, ...(session === undefined ? {} : { session }) });
      await expect(resumed).rejects.toThrow();
    }
  });
});

/** What somebody else says to HAProxy. */
function tell(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const stream = connect(join(under.runDirectory, 'edge.sock'));
    stream.on('data', (d) => (said += d.toString())).on('error', reject);
    stream.on('close', () => resolve(said)).end(`${command}\n`);
  });
}

/** What a client could come back with; undefined when it is given nothing. */
async function sessionOf(at: number, options: object): Promise<Buffer | undefined> {
  const socket = await handshake(at, options);
  // TLS 1.2 has it from the handshake, TLS 1.3 gives it afterwards.
  let session: Buffer | undefined = socket.getSession();
  socket.on('session', (given: Buffer) => (session = given));
  socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => socket.resume().on('close', resolve));
  return session;
}

test('answers ACME challenges before any rule', async () => {
  const thumbprint = 'T'.repeat(43);
  const redirect = { path: '/', service: 'web', rules: { httpsRedirect: { port: 443 } } };
  const config: ProxyConfig = {
    listeners: [listenerOf(80, undefined, { address: '127.0.0.1', rules: [redirect] })],
    backends: [],
    acmeThumbprints: [{ hosts: ['a.test'], thumbprint }],
  };
  await under.edge.apply(config);
  const challenge = (host: string, token: string) => ask(80, { path: `/.well-known/acme-challenge/${token}`, headers: { Host: host } });
  expect(await challenge('a.test', 'abc_-9')).toMatchObject({ status: 200, body: `abc_-9.${thumbprint}` });
  expect(await challenge('A.test:80', 'abc')).toMatchObject({ status: 200 });
  expect((await challenge('b.test', 'abc')).status).not.toBe(200);
  expect((await challenge('a.test', 'a%0d%0ab')).status).not.toBe(200);
  expect((await challenge('a.test', 'x/y')).status).not.toBe(200);
});

test('has the certificates again in a container that is made anew', async () => {
  const a = await certificateFor('a', 'a.test');
  await under.edge.apply(secure([a]));
  await run('docker', ['rm', '-f', under.container]);
  expect(await under.again().apply(secure([a]))).toEqual({ reloaded: true });
  expect(await namesAt('a.test')).toBe('a.test');
});
