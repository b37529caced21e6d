import { describe, expect, it } from 'vitest';
import { failureOf, loadText } from '../../../test/fakes/spec-files.ts';

const shop = (service: string, rest = ''): string => `services:\n  web: { image: w, ${service} }\n${rest}`;

describe('secrets', () => {
  it('of the store are files and parts of variables, without any value', async () => {
    const { project, files } = await loadText(
      shop(
        'secrets: [db, { source: api, target: /etc/api.key, uid: "7", mode: 0400 }], environment: { URL: literal }, x-berth: { environment: { URL: "pg://u:${secret:DB_PASSWORD}@db/$${x}" } }',
        'secrets:\n  db: { external: true, name: DB_PASSWORD }\n  api: { external: true }\n',
      ),
    );
    expect(files).toEqual({});
    expect(project.secrets).toEqual({ DB_PASSWORD: { kind: 'store', name: 'DB_PASSWORD' }, api: { kind: 'store', name: 'api' } });
    expect(project.services[0]).toMatchObject({
      environment: {},
      secretEnvironment: { URL: ['pg://u:', { secret: 'DB_PASSWORD' }, '@db/${x}'] },
      secretFiles: [
        { secret: 'DB_PASSWORD', target: '/run/secrets/db', mode: 0o444 },
        { secret: 'api', target: '/etc/api.key', uid: 7, mode: 0o400 },
      ],
    });
    expect(project.places).toMatchObject({ 'secrets.api': 'compose.yaml:2:44' });
  });

  it('stay references in the document, which reads again the same', async () => {
    const text = shop('x-berth: { environment: { A: "$${secret:no}", B: "a$$b${secret:yes}" } }');
    const first = await loadText(text);
    expect(first.document).toMatchObject({
      services: { web: { environment: { A: '$${secret:no}' }, 'x-berth': { environment: { B: 'a$$b${secret:yes}' } } } },
    });
    const again = await loadText(JSON.stringify(first.document));
    expect(again.project.services).toEqual(first.project.services);
    expect(again.project.secrets).toEqual({ yes: { kind: 'store', name: 'yes' } });
  });

  it('come from files, variables and Vault where the file says so', async () => {
    const { project, secretVariables } = await loadText(
      shop(
        'x-berth: { environment: { A: "${secret:a}${secret:b}${secret:c}${secret:d}" } }',
        `secrets: { d: { environment: D } }
x-berth:
  secrets:
    a: { file: ./a.txt }
    b: { environment: B }
    c: { vault: { path: shop/db, field: password, version: 3 } }
    unused: { environment: PATH }
  vault: { address: "https://vault:8200", ca: ./ca.pem, timeout: 2s, appRole: { roleId: r, secretId: { environment: SECRET_ID } } }
`,
      ),
      { variables: { B: 'value of b', D: 'value of d', SECRET_ID: 's-1', PATH: '/bin' } },
    );
    expect(project.secrets).toEqual({
      a: { kind: 'file', path: '/work/shop/a.txt' },
      b: { kind: 'environment', variable: 'B' },
      c: { kind: 'vault', path: 'shop/db', field: 'password', version: 3 },
      d: { kind: 'environment', variable: 'D' },
    });
    expect(project.vault).toEqual({
      address: 'https://vault:8200',
      mount: 'secret',
      caFile: '/work/shop/ca.pem',
      timeoutMs: 2000,
      login: { kind: 'appRole', mount: 'approle', roleId: 'r', secretId: { variable: 'SECRET_ID' } },
    });
    expect(secretVariables).toEqual({ B: 'value of b', D: 'value of d', SECRET_ID: 's-1' });
    expect(JSON.stringify(project)).not.toContain('value of');
  });

  const reference = 'x-berth: { environment: { A: "${secret:a}" } }';
  it.each([
    [
      'two sources',
      'x-berth: { secrets: { a: { file: x, environment: X } } }',
      'the secret `a` needs one of `file`, `environment`, `vault`',
    ],
    ['no Vault', 'x-berth: { secrets: { a: { vault: { path: p, field: f } } } }', '`x-berth.vault` does not say where it is'],
    [
      'no address',
      'x-berth: { secrets: { a: { vault: { path: p, field: f } } }, vault: { address: vault, token: { environment: T } } }',
      '`x-berth.vault.address` must be an http or https address',
    ],
    [
      'no way in',
      'x-berth: { secrets: { a: { vault: { path: p, field: f } } }, vault: { address: "http://v" } }',
      '`x-berth.vault` needs one of `token`, `appRole`',
    ],
    [
      'an empty credential',
      'x-berth: { secrets: { a: { vault: { path: p, field: f } } }, vault: { address: "http://v", token: {} } }',
      '`x-berth.vault.token` needs one of `file`, `environment`',
    ],
  ])('with %s are an error', async (_what, rest, message) => {
    expect(await failureOf(loadText(shop(reference, `${rest}\n`)))).toContain(message);
  });

  it('of builds are of the store, or of a variable whose value is in no build environment', async () => {
    const { project, secretVariables } = await loadText(
      shop(
        'build: { context: ., secrets: [s, { source: v, target: npm }, f] }',
        'secrets: { s: { external: true, name: TOKEN }, v: { environment: V }, f: { file: ./f } }\n',
      ),
      { variables: { V: 'value of v' } },
    );
    expect(project.services[0]?.build?.secrets).toEqual([
      { id: 's', secret: 'TOKEN' },
      { id: 'npm', secret: 'v' },
      { id: 'f', file: '/work/shop/f' },
    ]);
    expect(project.secrets).toEqual({ TOKEN: { kind: 'store', name: 'TOKEN' }, v: { kind: 'environment', variable: 'V' } });
    expect(project.places).toMatchObject({ 'secrets.TOKEN': 'compose.yaml:2:51' });
    expect(secretVariables).toEqual({ V: 'value of v' });
    expect(JSON.stringify(project)).not.toContain('value of');
  });

  it('of the store are refused where their bytes would be needed at once', async () => {
    const tls = 'x-berth: { routes: [a.example], tls: { internal: true, clientCa: s } }';
    expect(await failureOf(loadText(shop(tls, 'secrets: { s: { external: true } }\n')))).toContain(
      'the secret `s` is external, which this cannot be read from',
    );
  });
});
