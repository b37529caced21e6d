import { describe, expect, it } from 'vitest';
import { labelled, plainRoute, readWeb, withoutOrigin } from '../../../../test/fakes/foreign-labels.ts';

function withVariables(...variables: readonly string[]): string {
  return labelled(...variables).replace('labels:', 'environment:');
}

describe('variables of nginx-proxy', () => {
  it('say host, port and path', async () => {
    const { web, said } = await readWeb(
      withVariables('VIRTUAL_HOST=a.example, *.B.example', 'VIRTUAL_PORT=8080', 'VIRTUAL_PATH=/x/', 'VIRTUAL_DEST=/', 'VIRTUAL_PROTO=grpc'),
    );
    const route = { ...plainRoute, path: '/x', target: 8080, rules: { rewrite: '/' } };
    expect(withoutOrigin(web.routes)).toEqual([
      { ...route, host: 'a.example' },
      { ...route, host: '*.b.example' },
    ]);
    expect(web).toMatchObject({ h2: true, routes: [{ from: 'VIRTUAL_HOST variables, compose.yaml:5' }, {}] });
    expect(said).toEqual([]);
  });

  it("ask Let's Encrypt for a certificate", async () => {
    const { web, said } = await readWeb(
      withVariables(
        'VIRTUAL_HOST=a.example,b.example',
        'LETSENCRYPT_HOST=a.example',
        'LETSENCRYPT_EMAIL=me@a.example',
        'LETSENCRYPT_TEST=true',
        'HSTS=max-age=60',
      ),
    );
    expect(web.tls).toEqual({
      certificate: {
        kind: 'acme',
        challenge: 'http-01',
        directory: 'https://acme-staging-v02.api.letsencrypt.org/directory',
        email: 'me@a.example',
      },
    });
    expect(withoutOrigin(web.routes)).toEqual([
      { ...plainRoute, host: 'a.example', port: 443, tls: true, rules: { hsts: 'max-age=60' } },
      { ...plainRoute, host: 'b.example' },
      { ...plainRoute, host: 'a.example', rules: { httpsRedirect: { port: 443 } } },
    ]);
    expect(said).toEqual(['6 `b.example` of `VIRTUAL_HOST` is not among the hosts of the certificate; it is served without TLS']);
  });

  const secure = { ...plainRoute, host: 'a.example', port: 443, tls: true };
  const plain = { ...plainRoute, host: 'a.example' };
  it.each<[string, object[]]>([
    ['redirect', [secure, { ...plain, rules: { httpsRedirect: { port: 443 } } }]],
    ['noredirect', [secure, plain]],
    ['nohttp', [secure]],
    ['nohttps', [plain]],
  ])('say what becomes of port 80: %s', async (method, routes) => {
    const { web, said } = await readWeb(withVariables('VIRTUAL_HOST=a.example', 'SELF_SIGNED_HOST=a.example', `HTTPS_METHOD=${method}`));
    expect(withoutOrigin(web.routes)).toEqual(routes);
    expect(said).toEqual([]);
  });

  it.each<[string[], string]>([
    [['VIRTUAL_HOST=~^a'], '5 `VIRTUAL_HOST`: `~^a` must be a host name'],
    [['VIRTUAL_HOST=a.example', 'VIRTUAL_PORT=web'], '5 `VIRTUAL_PORT` is not a port; no route is made'],
    [['VIRTUAL_HOST=a.example', 'VIRTUAL_PATH=x'], '5 `VIRTUAL_PATH` must be a path that starts with `/`; no route is made'],
    [['VIRTUAL_HOST=a.example', 'NETWORK_ACCESS=internal'], '6 `NETWORK_ACCESS: internal` is not understood; no route is made without it'],
    [['VIRTUAL_HOST_MULTIPORTS=a'], '5 `VIRTUAL_HOST_MULTIPORTS` is not understood'],
  ])('make no route of %j', async (variables, words) => {
    const { web, said } = await readWeb(withVariables(...variables));
    expect(web.routes).toEqual([]);
    expect(said.join('\n')).toContain(words);
  });

  it('mean nothing when they are empty or belong to something else', async () => {
    const { web, said } = await readWeb(withVariables('VIRTUAL_HOST=', 'HSTS=max-age=60'));
    expect(web.routes).toEqual([]);
    expect(said).toEqual([]);
  });
});
