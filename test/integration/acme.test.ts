import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../src/certificates/acme/http.ts';
import { signRequest } from '../../src/certificates/acme/jws.ts';
import { createCertificates } from '../../src/certificates/index.ts';
import { BerthError } from '../../src/errors/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import type { CertificateWish } from '../../src/model/index.ts';
import { pebbleProgram } from './pebble-program.ts';
import { Pebble } from './pebble.ts';

const program = await pebbleProgram();
const signal = AbortSignal.timeout(120_000);
const machine = { name: 'm1', names: () => ['localhost'] };

describe.skipIf('missing' in program)(`an ACME server${'missing' in program ? ` (${program.missing})` : ''}`, () => {
  let pebble: Pebble;
  let directory: string;
  beforeAll(async () => {
    pebble = await Pebble.open('file' in program ? program.file : '');
  });
  afterAll(() => pebble[Symbol.asyncDispose]());
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'keys-'));
    pebble.limited = undefined;
    return () => rmSync(directory, { recursive: true, force: true });
  });

  const open = () => createCertificates({ directory, clock: systemClock, machine });
  const wish = (hosts: string[], rest: { directory?: string } = {}): CertificateWish => ({
    id: 'acme-shop',
    hosts,
    machine: false,
    source: {
      kind: 'acme',
      directory: pebble.directory,
      challenge: 'http-01',
      email: 'ops@example.com',
      directoryCa: pebble.directoryCa,
      ...rest,
    },
  });
  /** Answers challenges as the edge does: from the thumbprint alone. */
  const answering = (certificates: ReturnType<typeof open>) => (token: string) =>
    `${token}.${certificates.thumbprints()[0]?.thumbprint ?? ''}`;
  const failure = async (work: Promise<unknown>): Promise<BerthError> => {
    const thrown = await work.then(
      () => new Error('it did not fail'),
      (error: unknown) => error,
    );
    if (!(thrown instanceof BerthError)) throw thrown;
    return thrown;
  };

  it('gives a certificate for several hosts, whose chain and key belong together, and another one later', async () => {
    const certificates = open();
    const placeholder = await certificates.issueOwn(wish(['shop.example.com', 'www.example.com']));
    expect(placeholder).toMatchObject({ placeholder: true, kind: 'acme', issuer: 'berth on m1' });
    pebble.challenges = answering(certificates);
    const held = await certificates.order(wish(['shop.example.com', 'www.example.com']), signal);
    expect(held).toMatchObject({ placeholder: false, hosts: ['shop.example.com', 'www.example.com'], directory: pebble.directory });
    expect(held.issuer).toMatch(/^Pebble/);
    const { pem = '', fingerprint } = (await certificates.read('acme-shop')) ?? {};
    const leaf = new X509Certificate(pem);
    expect(leaf.checkPrivateKey(createPrivateKey(pem))).toBe(true);
    expect(leaf.checkHost('www.example.com')).toBe('www.example.com');
    expect(pem.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThanOrEqual(2);
    const again = await certificates.order(wish(['shop.example.com', 'www.example.com']), signal);
    expect(again.fingerprint).not.toBe(fingerprint);
    // What is held, and whose account it was, survives the process; only its owner may read it.
    const reopened = open();
    expect(reopened.get('acme-shop')).toEqual(again);
    expect(reopened.thumbprints()).toEqual(certificates.thumbprints());
    for (const folder of ['certificates', 'accounts', '.'])
      for (const name of readdirSync(path.join(directory, folder)).filter((file) => file.endsWith('.pem')))
        expect(statSync(path.join(directory, folder, name)).mode & 0o777, name).toBe(0o600);
  });

  it('is told of a host that does not prove to be here, with what the server saw', async () => {
    const certificates = open();
    await certificates.issueOwn(wish(['shop.example.com']));
    pebble.challenges = () => 'something else';
    const error = await failure(certificates.order(wish(['shop.example.com']), signal));
    expect(error.code).toBe('CERTIFICATE_FAILED');
    expect(error.message).toMatch(/^Could not prove that shop\.example\.com is served here: the ACME server says: .*something else/);
    expect(error.hint).toContain('port 80');
    expect(certificates.get('acme-shop')?.placeholder).toBe(true);
  });

  it('that is away is an error that says where it was looked for, and serves again when it is back', async () => {
    const certificates = open();
    await certificates.issueOwn(wish(['shop.example.com']));
    pebble.challenges = answering(certificates);
    await pebble.stop();
    const error = await failure(certificates.order(wish(['shop.example.com']), signal));
    expect(error.message).toBe(`The ACME server at ${new URL(pebble.directory).host} could not be asked: ECONNREFUSED.`);
    await pebble.restart();
    // It has lost every account meanwhile: the same key opens a new one.
    expect(await certificates.order(wish(['shop.example.com']), signal)).toMatchObject({ placeholder: false });
  });

  it('whose certificate nobody knows is not asked for anything', async () => {
    const { source, ...rest } = wish(['shop.example.com']);
    if (source.kind !== 'acme') throw new Error('not ACME');
    const unknown: CertificateWish = { ...rest, source: { kind: 'acme', challenge: 'http-01', directory: source.directory } };
    expect((await failure(open().order(unknown, signal))).message).toMatch(/could not be asked: .*(SELF_SIGNED|UNABLE_TO)/);
  });

  it('limits how often it is asked, and says when to come back', async () => {
    const certificates = open();
    const limited = wish(['shop.example.com'], { directory: pebble.limitedDirectory });
    await certificates.issueOwn(limited);
    pebble.challenges = answering(certificates);
    pebble.limited = 3600;
    const error = await failure(certificates.order(limited, signal));
    expect(error.message).toContain('too many certificates already issued (rate limit)');
    expect(error.details['retryAfterMs']).toBe(3_600_000);
    pebble.limited = undefined;
    expect(await certificates.order(limited, signal)).toMatchObject({ placeholder: false });
  });

  it('that closed the account is asked with a new one, whose thumbprint is another', async () => {
    const certificates = open();
    await certificates.issueOwn(wish(['shop.example.com']));
    pebble.challenges = answering(certificates);
    await certificates.order(wish(['shop.example.com']), signal);
    const before = certificates.thumbprints();
    await closeAccount();
    const error = await failure(certificates.order(wish(['shop.example.com']), signal));
    expect(error.details['accountClosed']).toBe(true);
    expect(error.message).toMatch(/^Could not open an account at 127\.0\.0\.1/);
    // The edge has to be told of the new account before the server asks it.
    await certificates.openAccount(wish(['shop.example.com']));
    expect(certificates.thumbprints()).not.toEqual(before);
    expect(await certificates.order(wish(['shop.example.com']), signal)).toMatchObject({ placeholder: false });
  });

  it('is answered for the account that asks, where another one has a certificate for the same hosts', async () => {
    const certificates = open();
    const first = wish(['shop.example.com']);
    await certificates.issueOwn(first);
    pebble.challenges = answering(certificates);
    await certificates.order(first, signal);
    const moved = { ...wish(['shop.example.com'], { directory: pebble.limitedDirectory }), id: 'acme-shop-moved' };
    await certificates.standIn(moved, first.id);
    expect((await certificates.read(moved.id))?.pem).toBe((await certificates.read(first.id))?.pem);
    expect(certificates.thumbprints()).toEqual(open().thumbprints());
    await certificates.openAccount(moved);
    expect(certificates.thumbprints()).toMatchObject([{ hosts: ['shop.example.com'] }]);
    expect(await certificates.order(moved, signal)).toMatchObject({ placeholder: false });
    // Back again, as after a rollback.
    await certificates.openAccount(first);
    expect(await certificates.order(first, signal)).toMatchObject({ placeholder: false });
  });

  async function closeAccount(): Promise<void> {
    const [name = ''] = readdirSync(path.join(directory, 'accounts'));
    const key = createPrivateKey(readFileSync(path.join(directory, 'accounts', name)));
    const base = new URL(pebble.directory).origin;
    const asking = { ca: pebble.directoryCa };
    const post = async (url: string, payload: unknown, account?: string) => {
      for (;;) {
        const { headers } = await ask({ ...asking, method: 'HEAD', url: `${base}/nonce-plz` }, signal);
        const nonce = String(headers['replay-nonce']);
        const answer = await ask({ ...asking, method: 'POST', url, body: signRequest({ url, nonce, payload, key, account }) }, signal);
        if (!answer.body.includes('badNonce')) return answer;
      }
    };
    const account = (await post(`${base}/sign-me-up`, { onlyReturnExisting: true })).headers.location ?? '';
    expect((await post(account, { status: 'deactivated' }, account)).status).toBe(200);
  }
});
