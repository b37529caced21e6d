import { Buffer, isUtf8 } from 'node:buffer';
import type { Deployment } from '../../contract/index.ts';
import { BerthError, toBerthError } from '../../errors/index.ts';
import { sha256, type Redactor } from '../../kit/index.ts';
import type { Project, SecretFile, SecretPin, SecretSource, SecretText, Service } from '../../model/index.ts';
import type { SealedSecret, SecretKey, SecretScope } from '../../ports/index.ts';
import type { RunContext, RunDeps, Side } from '../deps.ts';

type Deps = Pick<RunDeps, 'store' | 'sealer' | 'redactor'>;

/** The value of one stored version. What was opened once is known to the redactor from then on. */
export async function openSecret({ sealer, redactor }: Deps, sealed: Pick<SealedSecret, 'sealed'>): Promise<Uint8Array> {
  const value = await sealer.open(sealed.sealed);
  redactor.learn(value);
  return value;
}

/** The secret of a name that counts for a scope: of the app's environment, else of the app, else of every app. */
export function findSecret({ store }: Pick<RunDeps, 'store'>, scope: SecretScope, name: string): SealedSecret | undefined {
  const { app, environment } = scope;
  const scopes: SecretScope[] = [...(environment === undefined ? [] : [{ app, environment }]), { app }, {}];
  for (const each of scopes) {
    const found = store.newestSecret({ ...each, name, source: 'store' });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Versions of secrets, and the values of these, also of those that are not kept. */
export type Pinned = {
  readonly pins: Readonly<Record<string, SecretPin>>;
  readonly read: (name: string) => Promise<Uint8Array>;
};

/**
 * The newest version of some secrets of a project. What comes from elsewhere is kept as an encrypted copy, so that
 * a restart or a rollback needs neither Vault nor the variable of back then; without `keep` nothing is written.
 */
export async function pinSecrets(
  ctx: RunContext,
  project: Project,
  options: { readonly names: ReadonlySet<string>; readonly keep: boolean; readonly signal: AbortSignal },
): Promise<Pinned> {
  const pins: Record<string, SecretPin> = {};
  const values = new Map<string, Uint8Array>();
  for (const [name, source] of Object.entries(project.secrets ?? {})) {
    if (!options.names.has(name)) continue;
    const { pin, value } =
      source.kind === 'store'
        ? { pin: toPin(findSecret(ctx, scopeOf(project), source.name) ?? notSet(project, name, source.name)), value: undefined }
        : await copySecret(ctx, { project, name, source, ...options });
    pins[name] = pin;
    if (value !== undefined) values.set(name, value);
  }
  return { pins, read: async (name) => values.get(name) ?? (await readPinned(ctx, { release: 0, secrets: pins }, name)) };
}

/** The secrets that a release needs to come back: those of its instances and of its certificates, not those of builds. */
export function releaseSecrets({ services }: Pick<Project, 'services'>): Set<string> {
  const certificates = services.flatMap(({ tls }) =>
    tls?.certificate.kind === 'secrets' ? [tls.certificate.cert, tls.certificate.key] : [],
  );
  return new Set([...services.flatMap(namesOf), ...certificates.flatMap((part) => ('secret' in part ? part.secret : []))]);
}

type Copying = {
  readonly project: Project;
  readonly name: string;
  readonly source: SecretSource;
  readonly keep: boolean;
  readonly signal: AbortSignal;
};

async function copySecret(ctx: RunContext, input: Copying): Promise<{ readonly pin: SecretPin; readonly value?: Uint8Array }> {
  const { project, name, source, keep } = input;
  const key: SecretKey = { ...scopeOf(project), name, source: source.kind };
  const newest = ctx.store.newestSecret(key);
  // Who asked for this rollout is gone, and so are the variables: what was copied for it counts.
  if (ctx.secretVariables === undefined && newest !== undefined) return { pin: toPin(newest) };
  const value = await readSecret(ctx, input);
  ctx.redactor.learn(value);
  if (newest !== undefined && isEqual(await openSecret(ctx, newest), value)) return { pin: toPin(newest), value };
  if (!keep) return { pin: { id: 0, version: (newest?.version ?? 0) + 1 }, value };
  return ctx.sealing.run(async () => {
    const sealed = await ctx.sealer.seal(value, { needed: ctx.store.listSecrets().length > 0 });
    return { pin: toPin(ctx.store.addSecret(key, sealed, ctx.clock.now())), value };
  });
}

async function readSecret(ctx: RunContext, { project, name, source, signal }: Copying): Promise<Uint8Array> {
  const what = `The secret ${name}${placeOf(project, name)}`;
  try {
    const value = await ctx.secretProvider.read(source, { vault: project.vault, variables: ctx.secretVariables ?? {} }, signal);
    if (value !== undefined) return value;
  } catch (thrown) {
    if (!(thrown instanceof BerthError)) throw thrown;
    const { code, message, hint } = thrown;
    throw new BerthError(code, `${what} could not be had. ${message}`, { ...(hint === undefined ? {} : { hint }), cause: thrown });
  }
  throw new BerthError('SECRET_NOT_FOUND', `${what} has no value: ${whereOf(source)} is not there.`, {
    hint: wayOut(source),
  });
}

function whereOf(source: SecretSource): string {
  switch (source.kind) {
    case 'store':
      return source.name;
    case 'file':
      return `the file ${source.path}`;
    case 'environment':
      return `the variable ${source.variable}`;
    case 'vault':
      return `the field \`${source.field}\` of ${source.path}${source.version === undefined ? '' : ` in version ${source.version}`} in Vault`;
  }
}

function wayOut(source: SecretSource): string {
  if (source.kind === 'file') return `Write the value to ${source.path}.`;
  if (source.kind === 'environment') return `Set ${source.variable} where \`berth up\` runs.`;
  return 'Look at the path, the field and the version in `x-berth.secrets`, and at `x-berth.vault.mount`.';
}

function notSet(project: Project, name: string, stored: string): never {
  const { environment } = project;
  const [flag, where] = environment === undefined ? ['', ''] : [`-e ${environment} `, ` in ${environment}`];
  throw new BerthError('SECRET_NOT_FOUND', `The secret ${stored}${placeOf(project, name)} is not set for ${project.name}${where}.`, {
    hint: `Set it with \`berth ${flag}secret set ${stored}\`.`,
  });
}

function placeOf({ places }: Project, name: string): string {
  const place = places[`secrets.${name}`];
  return place === undefined ? '' : ` (${place})`;
}

/** Whom the secrets of a project are for. */
export function scopeOf({ name, environment }: Pick<Project, 'name' | 'environment'>): SecretScope {
  return { app: name, ...(environment === undefined ? {} : { environment }) };
}

function toPin({ id, version }: SecretPin): SecretPin {
  return { id, version };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b);
}

/** The secrets that a service uses, with the stored value of each: what changes with a new version, and says nothing of it. */
export function secretIds(service: Service, pins: Side['secrets']): Readonly<Record<string, number>> {
  return Object.fromEntries(namesOf(service).map((name) => [name, pins[name]?.id ?? 0]));
}

function namesOf({ secretEnvironment = {}, secretFiles = [] }: Service): string[] {
  const inTexts = Object.values(secretEnvironment).flatMap((text) =>
    text.flatMap((part) => (typeof part === 'string' ? [] : [part.secret])),
  );
  return [...new Set([...inTexts, ...secretFiles.map((file) => file.secret)])].toSorted();
}

/** The values of a service's secrets, at the last moment before its container is made. */
export async function fillSecrets(
  ctx: RunContext,
  side: Pick<Side, 'release' | 'secrets'>,
  service: Service,
): Promise<{ readonly environment: Readonly<Record<string, string>>; readonly files: readonly string[] }> {
  const values = new Map<string, Uint8Array>();
  for (const name of namesOf(service)) values.set(name, await readPinned(ctx, side, name));
  const environment: Record<string, string> = {};
  for (const [name, text] of Object.entries(service.secretEnvironment ?? {})) environment[name] = toText(name, text, values);
  const files = (service.secretFiles ?? []).map((file) => keepSecretFile(ctx, file, values.get(file.secret) ?? new Uint8Array()));
  return { environment, files: await Promise.all(files) };
}

/** The value of a secret in the version that a release pins. */
export async function readPinned(ctx: Deps, { release, secrets }: Pick<Side, 'release' | 'secrets'>, name: string): Promise<Uint8Array> {
  const pin = secrets[name];
  const sealed = pin === undefined ? undefined : ctx.store.getSecret(pin.id);
  if (sealed !== undefined) return openSecret(ctx, sealed);
  throw new BerthError(
    'SECRET_NOT_FOUND',
    `Release ${release} uses version ${pin?.version ?? 0} of the secret ${name}, which was removed.`,
    { hint: 'Make a new release of what is there now: `berth up`.' },
  );
}

function toText(variable: string, parts: SecretText, values: ReadonlyMap<string, Uint8Array>): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const bytes = values.get(part.secret) ?? new Uint8Array();
      if (isUtf8(bytes) && !bytes.includes(0)) return Buffer.from(bytes).toString();
      throw new BerthError('FILE_INVALID', `The secret ${part.secret} cannot be in the variable ${variable}: it is not text.`, {
        hint: 'Give it to the service as a file, with `secrets:`.',
      });
    })
    .join('');
}

/** Instances start after a reboot without berth, so what they mount has to lie on the disk. */
async function keepSecretFile({ host }: Pick<RunContext, 'host'>, file: SecretFile, content: Uint8Array): Promise<string> {
  return host.keepFile({ sha256: sha256(content), content, mode: file.mode, uid: file.uid, gid: file.gid });
}

/**
 * Lets the redactor know all that the containers of an app may have been given, also by an earlier server: what they log
 * is shown when they fail.
 */
export async function learnSecrets(ctx: RunContext): Promise<void> {
  try {
    for (const id of pinnedIds(ctx)) {
      const sealed = ctx.store.getSecret(id);
      if (sealed !== undefined) await openSecret(ctx, sealed);
    }
  } catch (thrown) {
    // Without the key nothing new can be made, but what is there can still be taken down.
    ctx.onTrouble(toBerthError(thrown));
  }
}

/** Lets the redactor know what came with a request: secrets from files and variables, and credentials. */
export function learnRequest(redactor: Pick<Redactor, 'learn'>, { project, files, ...deployment }: Deployment): void {
  for (const { kind, sha256: hash } of project.services.flatMap((s) => s.files)) {
    const content = kind === 'secret' ? files[hash] : undefined;
    if (content !== undefined) redactor.learn(Buffer.from(content, 'base64'));
  }
  const auths = Object.values(deployment.registryAuths).flatMap((auth) => [auth.password, auth.identitytoken]);
  const { proxy = {}, tool = {} } = deployment.buildEnvironment ?? {};
  const passwords = [...Object.values(proxy), ...Object.values(tool)].map(passwordIn);
  for (const value of [...auths, ...passwords, ...Object.values(deployment.secretVariables ?? {})])
    if (value !== undefined) redactor.learn(value);
}

/** Proxies and package indexes may be given with a password in their address, which build tools print. */
function passwordIn(address: string): string | undefined {
  const password = URL.parse(address)?.password;
  return password === undefined || password === '' ? undefined : decodeURIComponent(password);
}

function pinnedIds({ store, app }: Pick<RunContext, 'store' | 'app'>): ReadonlySet<number> {
  return new Set(store.listReleases(app).flatMap((r) => Object.values(r.secrets ?? {}).map((pin) => pin.id)));
}

/** Forgets copies of secrets from elsewhere that no release uses any more, but for the newest of each. */
export function pruneSecrets({ store, app }: Pick<RunContext, 'store' | 'app'>): void {
  const used = pinnedIds({ store, app });
  const copies = store.listSecrets().filter((s) => s.app === app && s.source !== 'store');
  const newest = new Set(copies.map((s) => store.newestSecret(s)?.id));
  const old = copies.filter((s) => !used.has(s.id) && !newest.has(s.id)).map((s) => s.id);
  if (old.length > 0) store.removeSecrets(old);
}
