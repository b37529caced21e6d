import { describe, expect, it } from 'vitest';
import { FakeWorld, project, web } from '../../test/fakes/world.ts';
import { labels, type Project } from '../model/index.ts';

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
