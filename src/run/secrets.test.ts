import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FakeWorld, project, service, web } from '../../test/fakes/world.ts';
import { issueCertificate, keyPem, newKey } from '../certificates/x509.ts';
import { sha256 } from '../kit/index.ts';
import { filesFingerprint, labels, type Project } from '../model/index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const given = (values: Record<string, string>): Map<string, Uint8Array> =>
  new Map(Object.entries(values).map(([name, value]) => [name, bytes(value)]));

/** The usual web service with a secret in a variable. */
function withSecret(rest: Partial<Project> = {}): Project {
  const service = web({
    replicas: 1,
    secretEnvironment: { URL: ['pg://', { secret: 'DB' }] },
    secretFiles: [{ secret: 'DB', target: '/run/secrets/db' }],
  });
  return project([service], { secrets: { DB: { kind: 'store', name: 'DB' } }, places: { 'secrets.DB': 'compose.yaml:3:4' }, ...rest });
}

/** The variables of every running instance. */
function environments(w: FakeWorld): string[] {
  const running = [...w.engine.machine.containers.values()].filter(
    (c) => c.state === 'running' && c.body.Labels[labels.role] === 'instance',
  );
  return running.map((c) => (c.body.Env ?? []).find((line: string) => line.startsWith('URL=')) ?? '');
}

describe('a secret', () => {
  it('that is not set ends the rollout before anything is changed, with its place and the way out', async () => {
    const w = new FakeWorld();
    const ended = await w.up(withSecret({ environment: 'prod' }));
    expect(ended).toMatchObject({
      exitCode: 2,
      unchanged: true,
      error: {
        code: 'SECRET_NOT_FOUND',
        message: 'The secret DB (compose.yaml:3:4) is not set for shop in prod.',
        hint: 'Set it with `berth -e prod secret set DB`.',
      },
    });
    expect(environments(w)).toEqual([]);
  });

  it('is taken of the environment, else of the app, else of all', async () => {
    const w = new FakeWorld();
    const scopes = [{}, { app: 'shop' }, { app: 'shop', environment: 'prod' }];
    for (const [at, scope] of scopes.entries()) {
      await w.runner.secrets.set(scope, given({ DB: `value-${at}` }));
      await w.up(withSecret({ environment: 'prod' }));
      expect(environments(w)).toEqual([`URL=pg://value-${at}`]);
    }
    await w.up(withSecret({ environment: 'dev' }));
    expect(environments(w)).toEqual(['URL=pg://value-1']);
  });

  it('in a new version rolls, in the old one comes back with a rollback, and twice the same changes nothing', async () => {
    const w = new FakeWorld();
    await w.runner.secrets.set({ app: 'shop' }, given({ DB: 'value-1' }));
    await w.up(withSecret());
    expect(await w.runner.secrets.set({ app: 'shop' }, given({ DB: 'value-1' }))).toEqual([{ name: 'DB', version: 1, changed: false }]);
    expect(await w.up(withSecret())).toMatchObject({ unchanged: true });
    await w.runner.secrets.set({ app: 'shop' }, given({ DB: 'value-2' }));
    expect(await w.up(withSecret())).toMatchObject({ unchanged: false, exitCode: 0 });
    expect(environments(w)).toEqual(['URL=pg://value-2']);
    await w.runner.secrets.rotateKey();
    await w.do({ kind: 'rollback', app: 'shop' });
    expect(environments(w)).toEqual(['URL=pg://value-1']);
    expect(w.runner.secrets.list('shop').map((s) => s.usedBy.map((u) => u.release))).toEqual([[3, 1], [2]]);
    expect(() => w.runner.secrets.remove({ app: 'shop' }, 'DB')).toThrow('which serves now');
  });

  it('from elsewhere is kept for restarts and rollbacks, and its copies go when no release uses them', async () => {
    const w = new FakeWorld();
    const source = { kind: 'vault', path: 'shop/db', field: 'password' } as const;
    for (let n = 1; n <= 7; n++) {
      w.secretProvider.put(source, `value-${n}`);
      await w.up(withSecret({ secrets: { DB: source } }));
    }
    w.secretProvider.away = true;
    await w.do({ kind: 'rollback', app: 'shop' });
    expect(environments(w)).toEqual(['URL=pg://value-6']);
    expect(await w.up(withSecret({ secrets: { DB: source } }))).toMatchObject({
      error: { code: 'SECRET_UNAVAILABLE', message: 'The secret DB (compose.yaml:3:4) could not be had. Could not reach Vault.' },
    });
    expect(w.store.listSecrets().map((s) => s.version)).toEqual([4, 5, 6, 7]);
    await w.do({ kind: 'down', app: 'shop', volumes: false });
    expect(w.store.listSecrets()).toEqual([]);
  });

  it('is in no event, error or row of the store, though an instance prints it', async () => {
    const w = new FakeWorld();
    await w.runner.secrets.set({ app: 'shop' }, given({ DB: 'very-secret-value' }));
    w.engine.addImage('app:1', { behaviour: { exit: { afterMs: 10, code: 3 }, logs: [{ text: 'my password is very-secret-value' }] } });
    const ended = await w.up(withSecret());
    expect(ended).toMatchObject({
      exitCode: 1,
      error: { details: { evidence: { logs: expect.arrayContaining(['my password is [secret]']) } } },
    });
    const all = JSON.stringify([
      ended,
      w.store.listEvents({}),
      w.store.listRollouts('shop', 9),
      w.store.listReleases('shop'),
      w.store.listRollouts('shop', 9).map((r) => w.store.listJournal(r.id)),
    ]);
    expect(all).not.toContain('very-secret-value');
  });

  it('without the key can neither be read nor added to, and an app can still be taken down', async () => {
    const w = new FakeWorld();
    await w.runner.secrets.set({ app: 'shop' }, given({ DB: 'value-1' }));
    await w.up(withSecret());
    w.sealer.keys = [];
    await expect(w.runner.secrets.set({}, given({ A: 'b' }))).rejects.toMatchObject({ code: 'SECRET_KEY_LOST' });
    expect(await w.do({ kind: 'restart', app: 'shop', services: [] })).toMatchObject({ error: { code: 'SECRET_KEY_LOST' } });
    expect(await w.do({ kind: 'down', app: 'shop', volumes: false })).toMatchObject({ exitCode: 0 });
  });
});

describe('a secret of a build', () => {
  const built = (hash: string): Project =>
    project([service({ name: 'job', image: undefined, build: { context: '/src', hash, secrets: [{ id: 'npm', secret: 'TOKEN' }] } })], {
      secrets: { TOKEN: { kind: 'store', name: 'TOKEN' } },
    });

  it('is given to the build and to nobody else, in the newest version', async () => {
    const w = new FakeWorld();
    for (const hash of ['h1', 'h2', 'h3']) w.builder.addSource(hash, {});
    expect(await w.up(built('h1'))).toMatchObject({ exitCode: 2, error: { code: 'SECRET_NOT_FOUND' }, unchanged: true });
    await w.runner.secrets.set({ app: 'shop' }, given({ TOKEN: 'first-token' }));
    expect(await w.up(built('h1'))).toMatchObject({ exitCode: 0 });
    await w.runner.secrets.set({ app: 'shop' }, given({ TOKEN: 'second-token' }));
    expect(await w.up(built('h1'))).toMatchObject({ unchanged: true });
    expect(await w.up(built('h2'))).toMatchObject({ exitCode: 0 });
    w.runner.secrets.remove({ app: 'shop' }, 'TOKEN');
    expect(await w.up(built('h2'))).toMatchObject({ unchanged: true });
    expect(await w.up(built('h3'))).toMatchObject({ error: { code: 'SECRET_NOT_FOUND' } });
    expect(w.builder.mounted).toEqual([{ npm: 'first-token' }, { npm: 'second-token' }]);
    const kept = [...w.engine.machine.containers.values(), w.store.listReleases('shop'), w.store.listEvents({})];
    expect(JSON.stringify(kept)).not.toMatch(/(first|second)-token/);
  });

  it('from a variable stays out of the stored request', async () => {
    const w = new FakeWorld();
    w.builder.addSource('h1', {});
    const wanted = { ...built('h1'), secrets: { TOKEN: { kind: 'environment', variable: 'NPM' } as const } };
    w.secretProvider.put(wanted.secrets.TOKEN, 'token-of-a-variable');
    const request = w.upRequest(wanted);
    if (request.kind !== 'up') throw new Error('no up');
    const sent = { ...request, deployment: { ...request.deployment, secretVariables: { NPM: 'token-of-a-variable' } } };
    let stored = '';
    const ended = w.start(sent).then(({ id }) => {
      stored = JSON.stringify(w.store.getRolloutInput(id));
      return w.ended(id);
    });
    expect(await w.clock.run(ended)).toMatchObject({ exitCode: 0 });
    expect(w.builder.mounted).toEqual([{ npm: 'token-of-a-variable' }]);
    expect(stored).toContain('NPM');
    expect(stored).not.toContain('token-of-a-variable');
  });
});

describe('a certificate whose key is a secret', () => {
  const tls = { certificate: { kind: 'secrets', cert: { secret: 'CERT' }, key: { secret: 'KEY' } } };
  const withTls = (host = 'shop.test'): Project =>
    project([web({ replicas: 1, ports: [], port: 3000, routes: [{ host, port: 443, tls: true }], tls })], {
      secrets: { CERT: { kind: 'store', name: 'CERT' }, KEY: { kind: 'store', name: 'KEY' } },
      places: { 'services.web.x-berth.tls': 'compose.yaml:7:12' },
    });
  const set = (w: FakeWorld, { cert, key }: TestPair) => w.runner.secrets.set({ app: 'shop' }, given({ CERT: cert, KEY: key }));
  const served = (w: FakeWorld): string[] =>
    w.dataPlane.config.listeners.flatMap((l) => l.tls?.certificates.map((c) => c.fingerprint) ?? []);
  const fingerprint = ({ cert, key }: TestPair): string =>
    filesFingerprint({ kind: 'files', certSha256: sha256(cert), keySha256: sha256(key) });

  it('is served in the version that the release pins, also after a rollback, and its key is nowhere', async () => {
    const w = new FakeWorld();
    const [first, second] = [testPair(), testPair()];
    await set(w, first);
    expect(await w.up(withTls())).toMatchObject({ exitCode: 0 });
    expect(served(w)).toEqual([fingerprint(first)]);
    expect(await w.up(withTls())).toMatchObject({ unchanged: true });
    await set(w, second);
    const changed = await w.up(withTls());
    expect(changed).toMatchObject({ exitCode: 0, unchanged: false });
    expect(w.steps(changed.id).filter((step) => step.includes('instance.create'))).toEqual([]);
    expect(served(w)).toEqual([fingerprint(second)]);
    expect(await w.do({ kind: 'rollback', app: 'shop' })).toMatchObject({ exitCode: 0 });
    expect(served(w)).toEqual([fingerprint(first)]);
    expect(() => w.runner.secrets.remove({ app: 'shop' }, 'KEY')).toThrow('which serves now');
    const line = first.key.split('\n')[1];
    expect(JSON.stringify([w.store.listReleases('shop'), w.store.listEvents({}), w.store.listRollouts('shop', 9)])).not.toContain(line);
  });

  it.each([
    [
      'of another certificate',
      (): TestPair => ({ ...testPair(), key: testPair().key }),
      'shop.test',
      'the secret KEY, does not belong to the certificate',
    ],
    ['that is none', (): TestPair => ({ ...testPair(), key: 'hello' }), 'shop.test', 'the secret KEY, holds no private key'],
    ['for another host', testPair, 'other.test', 'the secret CERT, is not for other.test, which it has a route for'],
  ])('%s ends the rollout before anything is changed', async (_what, pair, host, message) => {
    const w = new FakeWorld();
    await set(w, pair());
    const ended = await w.up(withTls(host));
    expect(ended).toMatchObject({ exitCode: 2, unchanged: true, error: { code: 'CERTIFICATE_INVALID' } });
    expect(ended.error?.message).toContain(`of web (compose.yaml:7:12), ${message}`);
    expect(w.instances()).toEqual([]);
  });
});

type TestPair = { readonly cert: string; readonly key: string };

/** A certificate for shop.test that signs itself. */
function testPair(): TestPair {
  const key = newKey();
  const cert = issueCertificate({
    name: 'shop.test',
    publicKey: createPublicKey(key),
    notBeforeMs: Date.UTC(2026, 0, 1),
    notAfterMs: Date.UTC(2036, 0, 1),
    use: { kind: 'leaf', hosts: ['shop.test'] },
    issuer: { name: 'shop.test', privateKey: key },
  });
  return { cert, key: keyPem(key) };
}
