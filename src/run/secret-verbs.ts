import { Buffer } from 'node:buffer';
import { BerthError } from '../errors/index.ts';
import { didYouMean } from '../kit/index.ts';
import type { SecretKey, SecretScope, SecretVersion } from '../ports/index.ts';
import type { SecretSummary } from '../contract/index.ts';
import type { RunContext, RunDeps } from './deps.ts';
import { openSecret } from './target/secrets.ts';

type Deps = Pick<RunDeps, 'store' | 'sealer' | 'redactor' | 'clock'> & Pick<RunContext, 'sealing'>;

/** What was done with a secret: `changed` is false where it had that value already. */
export type SetSecret = { readonly name: string; readonly version: number; readonly changed: boolean };

/** What `berth secret` asks for. All that it changes is on disk when it answers. */
export type SecretVerbs = {
  /** Gives secrets a new version each, all of them or none. With `known` each must be there already. */
  set(scope: SecretScope, values: ReadonlyMap<string, Uint8Array>, options?: { readonly known?: boolean }): Promise<SetSecret[]>;
  get(scope: SecretScope, name: string, version?: number): Promise<{ readonly value: Uint8Array; readonly version: number }>;
  list(app: string | undefined): SecretSummary[];
  /** Answers how many versions there were. */
  remove(scope: SecretScope, name: string): number;
  /** Makes a new key and encrypts every version for it; answers how many. */
  rotateKey(): Promise<number>;
};

/** The secrets that users set. */
export function secretVerbs(deps: Deps): SecretVerbs {
  const { store, sealing } = deps;
  return {
    set: (scope, values, { known = false } = {}) => sealing.run(() => setAll(deps, { scope, values, known })),
    async get(scope, name, version) {
      const key: SecretKey = { ...scope, name, source: 'store' };
      const newest = store.newestSecret(key);
      if (newest === undefined) throw notThere(deps, scope, name);
      const wanted = version === undefined || version === newest.version ? newest : ofVersion(deps, key, version);
      return { value: await openSecret(deps, wanted), version: wanted.version };
    },
    list(app) {
      const users = usersOf(deps);
      return store
        .listSecrets()
        .filter((s) => app === undefined || s.app === undefined || s.app === app)
        .map(({ id, ...rest }) => ({ ...rest, usedBy: users.get(id) ?? [] }));
    },
    remove(scope, name) {
      const versions = versionsOf(deps, { ...scope, name, source: 'store' });
      if (versions.length === 0) throw notThere(deps, scope, name);
      const users = usersOf(deps);
      const inUse = versions.flatMap((v) => users.get(v.id) ?? []).find(({ app, release }) => isNeeded(deps, app, release));
      if (inUse !== undefined) {
        throw new BerthError('SECRET_IN_USE', `Release ${inUse.release} of ${inUse.app}, which serves now, uses the secret ${name}.`, {
          hint: 'Take it out of the file and run `berth up` first.',
        });
      }
      store.removeSecrets(versions.map((v) => v.id));
      return versions.length;
    },
    rotateKey: () => sealing.run(() => rotateKey(deps)),
  };
}

type Setting = { readonly scope: SecretScope; readonly values: ReadonlyMap<string, Uint8Array>; readonly known: boolean };

async function setAll(deps: Deps, { scope, values, known }: Setting): Promise<SetSecret[]> {
  const { store, sealer, clock } = deps;
  const sealed: { key: SecretKey; sealed: string }[] = [];
  const before = new Map<string, number>();
  for (const [name, value] of values) {
    deps.redactor.learn(value);
    const key: SecretKey = { ...scope, name, source: 'store' };
    const newest = store.newestSecret(key);
    if (newest === undefined && known) throw notThere(deps, scope, name);
    if (newest !== undefined && Buffer.from(await openSecret(deps, newest)).equals(value)) before.set(name, newest.version);
    else sealed.push({ key, sealed: await sealer.seal(value, { needed: store.listSecrets().length > 0 }) });
  }
  const added = new Map(store.addSecrets(sealed, clock.now()).map((s) => [s.name, s.version]));
  return [...values.keys()].map((name) => ({ name, version: added.get(name) ?? before.get(name) ?? 0, changed: added.has(name) }));
}

async function rotateKey(deps: Deps): Promise<number> {
  const { store, sealer } = deps;
  const all = store.listSealed();
  if (all.length === 0) return 0;
  const values = new Map<number, Uint8Array>();
  for (const each of all) values.set(each.id, await openSecret(deps, each));
  // A crash at any line leaves every version readable: until the last line the file has both keys.
  await sealer.addKey();
  const sealed = new Map<number, string>();
  for (const [id, value] of values) sealed.set(id, await sealer.seal(value, { needed: true }));
  store.replaceSealed(sealed);
  await sealer.dropOldKeys();
  return all.length;
}

/** Whether a release serves, or is being brought there. */
function isNeeded({ store }: Pick<Deps, 'store'>, app: string, release: number): boolean {
  const state = store.getRelease(app, release)?.state;
  return state === 'current' || state === 'pending';
}

function versionsOf({ store }: Pick<Deps, 'store'>, key: SecretKey): SecretVersion[] {
  return store
    .listSecrets()
    .filter((s) => s.name === key.name && s.source === key.source && s.app === key.app && s.environment === key.environment);
}

function ofVersion(deps: Deps, key: SecretKey, version: number) {
  const versions = versionsOf(deps, key);
  const wanted = versions.find((v) => v.version === version);
  const sealed = wanted === undefined ? undefined : deps.store.getSecret(wanted.id);
  if (sealed !== undefined) return sealed;
  throw new BerthError('SECRET_NOT_FOUND', `The secret ${key.name} has no version ${version}.`, {
    hint: `It has ${versions.map((v) => v.version).join(', ')}.`,
  });
}

function usersOf({ store }: Pick<Deps, 'store'>): ReadonlyMap<number, { app: string; release: number }[]> {
  const users = new Map<number, { app: string; release: number }[]>();
  for (const { name } of store.listApps()) {
    for (const release of store.listReleases(name)) {
      for (const { id } of Object.values(release.secrets ?? {}))
        users.set(id, [...(users.get(id) ?? []), { app: name, release: release.number }]);
    }
  }
  return users;
}

function notThere(deps: Deps, scope: SecretScope, name: string): BerthError {
  const known = deps.store.listSecrets().filter((s) => s.source === 'store' && s.app === scope.app && s.environment === scope.environment);
  const whose =
    scope.app === undefined ? 'shared by all apps' : `of ${scope.app}${scope.environment === undefined ? '' : ` in ${scope.environment}`}`;
  const names = [...new Set(known.map((s) => s.name))];
  return new BerthError('SECRET_NOT_FOUND', `There is no secret ${name} ${whose}.`, {
    hint: didYouMean(name, names) ?? 'See `berth secret list`, or set it with `berth secret set`.',
  });
}
