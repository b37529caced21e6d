import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecretSource, VaultSettings } from '../../src/model/index.ts';
import { createSecretProvider } from '../../src/secrets/index.ts';

const program = path.resolve(import.meta.dirname, '../../.cache/vault/bin/vault');
const token = 'root-of-the-test';

let directory = '';
let child: ChildProcess | undefined;
let settings: VaultSettings;
let ca = '';

/** Asks the real Vault something as its root. */
async function vault<T>(method: string, at: string, body?: unknown): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const sent = request(new URL(`/v1/${at}`, settings.address), { method, ca, headers: { 'x-vault-token': token } }, (response) => {
    let text = '';
    response.on('data', (chunk) => (text += String(chunk)));
    response.on('end', () => resolve((text === '' ? {} : JSON.parse(text)) as T));
  });
  sent.on('error', reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startVault(): Promise<void> {
  directory = mkdtempSync(path.join(tmpdir(), 'vault-'));
  const port = await freePort();
  child = spawn(
    program,
    ['server', '-dev-tls', `-dev-tls-cert-dir=${directory}`, `-dev-root-token-id=${token}`, `-dev-listen-address=127.0.0.1:${port}`],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', HOME: directory } },
  );
  child.stderr?.resume();
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk);
    if (said.includes('Development mode should NOT be used')) break;
  }
  const caFile = path.join(directory, 'vault-ca.pem');
  ca = readFileSync(caFile, 'utf8');
  settings = {
    address: `https://127.0.0.1:${port}`,
    mount: 'secret',
    caFile,
    timeoutMs: 5000,
    login: { kind: 'token', token: { variable: 'VAULT_TOKEN' } },
  };
}

const source = (rest: Partial<Extract<SecretSource, { kind: 'vault' }>> = {}): SecretSource => ({
  kind: 'vault',
  path: 'shop/db',
  field: 'password',
  ...rest,
});

async function read(from: SecretSource, how: Partial<VaultSettings> = {}, variables: Record<string, string> = { VAULT_TOKEN: token }) {
  const found = await createSecretProvider().read(from, { vault: { ...settings, ...how }, variables }, new AbortController().signal);
  return found === undefined ? undefined : Buffer.from(found).toString();
}

describe.skipIf(!existsSync(program))('a real Vault (test/integration/build-vault.sh builds it)', () => {
  beforeAll(async () => {
    await startVault();
    for (const password of ['first', 'second']) await vault('POST', 'secret/data/shop/db', { data: { password, port: 5432 } });
  }, 60_000);
  afterAll(() => {
    child?.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  it('answers the newest version of a field, and an older one, over TLS', async () => {
    expect(await read(source())).toBe('second');
    expect(await read(source({ version: 1 }))).toBe('first');
    expect(await read(source({ field: 'port' }))).toBe('5432');
  });

  it('has no value where there is no secret, field or version, or where it was deleted', async () => {
    await vault('POST', 'secret/data/shop/gone', { data: { password: 'x' } });
    await vault('DELETE', 'secret/data/shop/gone');
    for (const each of [source({ path: 'none' }), source({ field: 'user' }), source({ version: 9 }), source({ path: 'shop/gone' })]) {
      expect(await read(each)).toBeUndefined();
    }
  });

  it('lets an AppRole in that may read, and nobody else', async () => {
    await vault('POST', 'sys/auth/approle', { type: 'approle' });
    await vault('POST', 'sys/policies/acl/shop', { policy: 'path "secret/data/shop/*" { capabilities = ["read"] }' });
    await vault('POST', 'auth/approle/role/shop', { token_policies: 'shop' });
    await vault('POST', 'secret/data/other', { data: { password: 'x' } });
    const role = await vault<{ data: { role_id: string } }>('GET', 'auth/approle/role/shop/role-id');
    const made = await vault<{ data: { secret_id: string } }>('POST', 'auth/approle/role/shop/secret-id');
    const file = path.join(directory, 'secret-id');
    writeFileSync(file, `${made.data.secret_id}\n`);
    const login = { kind: 'appRole', mount: 'approle', roleId: role.data.role_id, secretId: { file } } as const;
    expect(await read(source(), { login })).toBe('second');
    await expect(read(source({ path: 'other' }), { login })).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
      message: expect.stringMatching(/would not read secret\/other \(403: .*permission denied/),
    });
    writeFileSync(file, 'wrong');
    await expect(read(source(), { login })).rejects.toMatchObject({ message: expect.stringMatching(/would not log in.*\(400: invalid/) });
  });

  it('whose certificate is not trusted, or whose token is wrong, is a clear error', async () => {
    const { caFile: _gone, ...untrusted } = settings;
    const asked = createSecretProvider().read(
      source(),
      { vault: untrusted, variables: { VAULT_TOKEN: token } },
      new AbortController().signal,
    );
    await expect(asked).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE', hint: expect.stringContaining('x-berth.vault.ca') });
    await expect(read(source(), {}, { VAULT_TOKEN: 'wrong' })).rejects.toMatchObject({ message: expect.stringMatching(/\(403: .*/) });
  });

  it('that is sealed says so', async () => {
    await vault('PUT', 'sys/seal');
    await expect(read(source())).rejects.toMatchObject({ message: expect.stringMatching(/\(503: Vault is sealed\)/) });
  });
});
