import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { SecretSource, VaultSettings } from '../../model/index.ts';
import { createSecretProvider } from '../index.ts';

/** What Vault 1.21 answers, as its API documents it: KV version 2, AppRole, and its errors. */
const answers: Readonly<Record<string, readonly [status: number, body: unknown]>> = {
  'GET /v1/secret/data/shop/db good': [200, { data: { data: { password: 'from vault', port: 5432 }, metadata: { version: 2 } } }],
  'GET /v1/secret/data/shop/db?version=1 good': [200, { data: { data: { password: 'older' }, metadata: { version: 1 } } }],
  'GET /v1/secret/data/shop/gone good': [404, { data: { data: null, metadata: { deletion_time: '2026-01-01T00:00:00Z', version: 1 } } }],
  'GET /v1/secret/data/shop/none good': [404, { errors: [] }],
  'GET /v1/secret/data/shop/db bad': [403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] }],
  'GET /v1/sealed/data/x good': [503, { errors: ['Vault is sealed'] }],
  'POST /v1/auth/approle/login role-1/secret-1': [200, { auth: { client_token: 'good' } }],
  'POST /v1/auth/approle/login role-1/wrong': [400, { errors: ['invalid role or secret ID'] }],
};

let server: Server | undefined;
afterEach(() => server?.close());

async function vault(more: Partial<VaultSettings> = {}, answer = reply): Promise<VaultSettings> {
  server = createServer((request, response) => void answer(request).then((found) => response.writeHead(found[0]).end(found[1])));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const login = { kind: 'token', token: { variable: 'TOKEN' } } as const;
  return { address: `http://127.0.0.1:${port}`, mount: 'secret', timeoutMs: 500, login, ...more };
}

async function reply(request: IncomingMessage): Promise<[number, string]> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { role_id: role, secret_id: secret } = body === '' ? {} : (JSON.parse(body) as Record<string, string>);
  const who = role === undefined ? String(request.headers['x-vault-token']) : `${role}/${secret ?? ''}`;
  const [status, found] = answers[`${request.method ?? ''} ${request.url ?? ''} ${who}`] ?? [404, { errors: ['no handler for route'] }];
  return [status, JSON.stringify(found)];
}

const source = (rest: Partial<Extract<SecretSource, { kind: 'vault' }>> = {}): SecretSource => ({
  kind: 'vault',
  path: 'shop/db',
  field: 'password',
  ...rest,
});
const variables = { TOKEN: 'good', SECRET_ID: 'secret-1' };

async function read(from: SecretSource, settings: VaultSettings, given: Record<string, string> = variables): Promise<string | undefined> {
  const found = await createSecretProvider().read(from, { vault: settings, variables: given }, new AbortController().signal);
  return found === undefined ? undefined : Buffer.from(found).toString();
}

describe('Vault', () => {
  it.each([
    ['a field', source(), 'from vault'],
    ['an older version', source({ version: 1 }), 'older'],
    ['a number', source({ field: 'port' }), '5432'],
    ['a field that is not there', source({ field: 'user' }), undefined],
    ['a deleted secret', source({ path: 'shop/gone' }), undefined],
    ['no secret', source({ path: '/shop/none' }), undefined],
  ])('answers %s', async (_what, from, value) => {
    expect(await read(from, await vault())).toBe(value);
  });

  it('is logged in to as an AppRole', async () => {
    const login = { kind: 'appRole', mount: 'approle', roleId: 'role-1', secretId: { variable: 'SECRET_ID' } } as const;
    expect(await read(source(), await vault({ login }))).toBe('from vault');
    await expect(read(source(), await vault({ login }), { SECRET_ID: 'wrong' })).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
      message: expect.stringMatching(/would not log in with the AppRole at auth\/approle \(400: invalid role or secret ID\)/),
    });
  });

  it('that refuses, is sealed, is away, late, or something else is a clear error without a value', async () => {
    const cases: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
      [
        async () => read(source(), await vault(), { TOKEN: 'bad' }),
        /would not read secret\/shop\/db \(403: 1 error occurred: \* permission denied\)/,
      ],
      [async () => read(source({ path: 'x' }), await vault({ mount: 'sealed' })), /\(503: Vault is sealed\)/],
      [async () => read(source(), await vault(), {}), /The token for Vault is not there: the variable TOKEN is not set/],
      [
        async () => read(source(), await vault({ login: { kind: 'token', token: { file: '/none' } } })),
        /Could not read the token for Vault from \/none: ENOENT/,
      ],
      [
        async () => read(source(), await vault({ caFile: '/none.pem' })),
        /Could not read the certificates of x-berth.vault.ca from \/none.pem: ENOENT/,
      ],
      [
        async () => read(source(), await vault({ address: 'http://127.0.0.1:1' })),
        /Could not reach Vault at http:\/\/127.0.0.1:1: ECONNREFUSED/,
      ],
      [async () => read(source(), await vault({ timeoutMs: 50 }, () => new Promise(() => undefined))), /no answer in 0.05 s/],
      [async () => read(source(), await vault({}, () => Promise.resolve([200, '<html>']))), /is not Vault: 200, and no JSON/],
    ];
    for (const [ask, message] of cases) {
      const failed = await ask().catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 'SECRET_UNAVAILABLE', message: expect.stringMatching(message) });
      expect(failed).not.toMatchObject({ message: expect.stringMatching(/good|bad|secret-1/) });
      server?.closeAllConnections();
      server?.close();
    }
  });
});

describe('files and variables', () => {
  it('are read, and absent is a value', async () => {
    const settings = await vault();
    expect(await read({ kind: 'environment', variable: 'TOKEN' }, settings)).toBe('good');
    expect(await read({ kind: 'environment', variable: 'NONE' }, settings)).toBeUndefined();
    expect(await read({ kind: 'file', path: '/proc/version' }, settings)).toContain('Linux');
    expect(await read({ kind: 'file', path: '/none' }, settings)).toBeUndefined();
    await expect(read({ kind: 'file', path: '/proc' }, settings)).rejects.toMatchObject({
      message: 'Could not read the file /proc: EISDIR.',
    });
  });
});
