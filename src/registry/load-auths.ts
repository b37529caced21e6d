import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { RegistryAuth } from '../ports/index.ts';
import type { Config, Entry } from './schemas.ts';
import type { Run } from './helper.ts';
import { parseReference } from './reference.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Docker Hub's key in Docker's configuration, from its first API. */
const hubKey = 'https://index.docker.io/v1/';
/** Longest that a credential helper may take. */
const helperMs = 30_000;

type AuthInput = {
  /** DOCKER_CONFIG or HOME say where Docker's configuration is; helpers run with it. */
  readonly environment: Environment;
  /** References of the images that will be pulled: no other registry's credentials are read. */
  readonly images: readonly string[];
  readonly run?: Run;
};

/**
 * The credentials that `docker login` keeps, for the registries of the given images only: from `auths`, or from the
 * credential helper that the configuration names. A registry without credentials is absent from the answer.
 */
export async function loadAuths(input: AuthInput, signal?: AbortSignal): Promise<Readonly<Record<string, RegistryAuth>>> {
  const registries = new Set(input.images.flatMap((image) => parseReference(image)?.registry ?? []));
  if (registries.size === 0) return {};
  const { environment } = input;
  const file = join(environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? '/', '.docker'), 'config.json');
  const config = await readConfig(file);
  if (config === undefined) return {};
  const run = input.run ?? (await import('./helper.ts')).runWith(environment);
  const found = await Promise.all(
    [...registries].map(async (registry) => [registry, await authOf({ registry, config, file, run }, signal)] as const),
  );
  return Object.fromEntries(found.flatMap(([registry, auth]) => (auth === undefined ? [] : [[registry, auth]])));
}

async function readConfig(file: string): Promise<Config | undefined> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const errno = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw invalid(file, `it cannot be read (${String(errno)})`, error);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(file, 'it is not JSON', error);
  }
  // Most machines keep no credentials: they do not load the schemas.
  const { configSchema } = await import('./schemas.ts');
  const parsed = configSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(file, `\`${issue?.path.join('.') ?? ''}\`: ${issue?.message ?? 'not as expected'}`, parsed.error);
}

type Asked = { readonly registry: string; readonly config: Config; readonly file: string; readonly run: Run };

async function authOf(asked: Asked, signal: AbortSignal | undefined): Promise<RegistryAuth | undefined> {
  const { registry, config, file } = asked;
  const serveraddress = registry === 'docker.io' ? hubKey : registry;
  const entry = lookUp(config.auths ?? {}, registry);
  const helper = lookUp(config.credHelpers ?? {}, registry) ?? config.credsStore ?? '';
  if (helper !== '') {
    const answer = await askHelper({ ...asked, helper, serveraddress, isExpected: entry !== undefined }, signal);
    if (answer !== undefined) return { ...answer, serveraddress };
  }
  const own = entry === undefined ? undefined : fromEntry(file, registry, entry);
  return own === undefined ? undefined : { ...own, serveraddress };
}

/** The value of a registry, whichever way its key is written: `ghcr.io`, `https://ghcr.io`, `https://ghcr.io/v2/`. */
function lookUp<T>(values: Readonly<Record<string, T>>, registry: string): T | undefined {
  const hosts = registry === 'docker.io' ? ['index.docker.io', 'docker.io', 'registry-1.docker.io'] : [registry];
  const entries = Object.entries(values);
  return entries.find(([key]) => hosts.includes(key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')))?.[1];
}

/** An entry without anything in it only marks that a helper has the credentials. */
function fromEntry(file: string, registry: string, entry: Entry): RegistryAuth | undefined {
  const { auth = '', identitytoken, username, password } = entry;
  const token = identitytoken === undefined || identitytoken === '' ? {} : { identitytoken };
  if (auth === '') {
    if (username !== undefined && password !== undefined) return { username, password, ...token };
    return 'identitytoken' in token ? token : undefined;
  }
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  if (colon <= 0) throw invalid(file, `\`auths.${registry}.auth\` is not the base64 of \`user:password\``);
  return { username: text.slice(0, colon), password: text.slice(colon + 1), ...token };
}

/**
 * Asks a credential helper. Its protocol has no status for "I have none": an answer is needed only where `auths` marks
 * that somebody logged in; everywhere else a helper that fails means no credentials, as an image may be public.
 */
async function askHelper(
  asked: Asked & { helper: string; serveraddress: string; isExpected: boolean },
  signal: AbortSignal | undefined,
): Promise<RegistryAuth | undefined> {
  const program = `docker-credential-${asked.helper}`;
  const late = AbortSignal.timeout(helperMs);
  const over = signal === undefined ? late : AbortSignal.any([signal, late]);
  const ran = await asked.run([program, 'get'], asked.serveraddress, over).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new BerthError('REGISTRY_DENIED', `Could not ask ${program} for the credentials of ${asked.registry}.`, { cause: error });
  });
  if (ran.exitCode !== 0) {
    if (!asked.isExpected || hasOwn(asked)) return undefined;
    const why = ran.notFound ? 'it is not installed' : `it ended with ${ran.exitCode}`;
    throw new BerthError(
      ran.notFound ? 'TOOL_MISSING' : 'REGISTRY_DENIED',
      `Could not ask ${program} for the credentials of ${asked.registry}: ${why}.`,
      {
        hint: `Install ${program}, or run \`docker login ${asked.registry}\` again.`,
        where: { file: asked.file },
      },
    );
  }
  const { answerSchema } = await import('./schemas.ts');
  const answer = answerSchema.safeParse(tryJson(ran.stdout));
  if (!answer.success) throw invalid(asked.file, `${program} gave no credentials that can be read for ${asked.registry}`);
  const { Username: username, Secret: secret } = answer.data;
  // The protocol's word for "the secret is an identity token".
  return username === '<token>' ? { identitytoken: secret } : { username, password: secret };
}

/** Whether the configuration holds the credentials itself, so that a helper is not needed. */
function hasOwn({ config, registry }: Asked): boolean {
  const entry = lookUp(config.auths ?? {}, registry);
  return entry?.auth !== undefined || entry?.username !== undefined || entry?.identitytoken !== undefined;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(file: string, why: string, cause?: unknown): BerthError {
  return new BerthError('FILE_INVALID', `Could not use Docker's configuration ${file}: ${why}.`, {
    hint: 'Mend the file, or run `docker login` again.',
    where: { file },
    cause,
  });
}
