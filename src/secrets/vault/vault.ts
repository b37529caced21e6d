import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { BerthError } from '../../errors/index.ts';
import type { SecretSource, VaultCredential, VaultSettings } from '../../model/index.ts';
import type { ReadHow } from '../../ports/index.ts';
import { askVault, type VaultAnswer, type VaultLink } from './request.ts';

type VaultSource = Extract<SecretSource, { kind: 'vault' }>;

const secretSchema = z.looseObject({ data: z.looseObject({ data: z.record(z.string(), z.unknown()).nullable() }) });
const loginSchema = z.looseObject({ auth: z.looseObject({ client_token: z.string() }) });

/** One field of a secret in Vault. Undefined when there is no such secret, or it has no such field or version. */
export async function readVault(source: VaultSource, how: ReadHow, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const { vault } = how;
  if (vault === undefined)
    throw new BerthError('FILE_INVALID', `The secret ${source.path} is in Vault, and x-berth.vault does not say where.`);
  const link = await openLink(vault, signal);
  const token = await login(link, vault, how);
  const version = source.version === undefined ? '' : `?version=${source.version}`;
  const answer = await askVault(link, {
    method: 'GET',
    path: `${encodePath(vault.mount)}/data/${encodePath(source.path)}${version}`,
    token,
  });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw refused(vault, answer, `read ${vault.mount}/${source.path}`);
  const field = secretSchema.safeParse(answer.body).data?.data.data?.[source.field];
  if (field === undefined || field === null) return undefined;
  return Buffer.from(typeof field === 'string' ? field : JSON.stringify(field));
}

async function openLink(vault: VaultSettings, signal: AbortSignal): Promise<VaultLink> {
  const ca = vault.caFile === undefined ? undefined : await credentialFile(vault.caFile, 'certificates of x-berth.vault.ca');
  return { address: vault.address, namespace: vault.namespace, ca, timeoutMs: vault.timeoutMs, signal };
}

async function login(link: VaultLink, vault: VaultSettings, how: ReadHow): Promise<string> {
  const { login: by } = vault;
  if (by.kind === 'token') return credential(by.token, 'token for Vault', how);
  const secretId = await credential(by.secretId, 'secret id for Vault', how);
  const path = `auth/${encodePath(by.mount)}/login`;
  const answer = await askVault(link, { method: 'POST', path, body: { role_id: by.roleId, secret_id: secretId } });
  const found = loginSchema.safeParse(answer.body);
  if (answer.status !== 200 || !found.success) throw refused(vault, answer, `log in with the AppRole at auth/${by.mount}`);
  return found.data.auth.client_token;
}

async function credential(from: VaultCredential, what: string, { variables }: ReadHow): Promise<string> {
  if ('file' in from) return (await credentialFile(from.file, what)).trim();
  const value = variables[from.variable];
  if (value !== undefined && value !== '') return value;
  throw new BerthError('SECRET_UNAVAILABLE', `The ${what} is not there: the variable ${from.variable} is not set.`, {
    hint: `Set ${from.variable} where \`berth up\` runs.`,
  });
}

async function credentialFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new BerthError('SECRET_UNAVAILABLE', `Could not read the ${what} from ${path}: ${code}.`, { cause: error });
  }
}

/** Vault's own sentences say which policy or path is wrong, and hold no values. */
function refused(vault: VaultSettings, answer: VaultAnswer, what: string): BerthError {
  const said = answer.errors.length === 0 ? '' : `: ${answer.errors.join('; ')}`;
  return new BerthError('SECRET_UNAVAILABLE', `Vault at ${vault.address} would not ${what} (${answer.status}${said}).`, {
    hint: hintFor(answer.status),
  });
}

function hintFor(status: number): string {
  if (status === 403) return 'Look whether the token has not ended, and whether its policy lets it read `MOUNT/data/PATH`.';
  if (status === 503) return 'It is sealed, or not ready: unseal it, then run the command again.';
  if (status === 400) return 'Look at the credentials and the mount in `x-berth.vault`.';
  return 'Look at the address and the mount in `x-berth.vault`.';
}

function encodePath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/');
}
