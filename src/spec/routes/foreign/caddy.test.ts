import { describe, expect, it } from 'vitest';
import type { Route } from '../../../model/index.ts';
import { labelled, passwordHash, plainRoute, readWeb, withoutOrigin } from '../../../../test/fakes/foreign-labels.ts';

describe('labels of caddy-docker-proxy', () => {
  it.each<[string[], Partial<Route>[]]>([
    [['caddy=http://a.example', 'caddy.reverse_proxy={{upstreams 8080}}'], [{ host: 'a.example', target: 8080 }]],
    [['caddy=:8080', 'caddy.reverse_proxy={{upstreams}}'], [{ port: 8080 }]],
    [
      ['caddy=http://a.example, http://b.example:81', 'caddy.reverse_proxy=/x/* web:90'],
      [
        { host: 'a.example', path: '/x', target: 90 },
        { host: 'b.example', port: 81, path: '/x', target: 90 },
      ],
    ],
    [
      [
        'caddy=http://a.example',
        'caddy.0_handle_path=/api/*',
        'caddy.0_handle_path.0_reverse_proxy={{upstreams 1}}',
        'caddy.1_handle=',
        'caddy.1_handle.reverse_proxy={{upstreams 2}}',
      ],
      [
        { host: 'a.example', path: '/api', target: 1, rules: { rewrite: '/' } },
        { host: 'a.example', target: 2 },
      ],
    ],
    [
      [
        'caddy=http://a.example',
        'caddy.reverse_proxy={{upstreams}}',
        'caddy.reverse_proxy.header_up=X-A b',
        'caddy.header.X-B=c',
        'caddy.header.-Server=',
        'caddy.encode=gzip',
        'caddy.request_body.max_size=1MB',
      ],
      [
        {
          host: 'a.example',
          rules: {
            requestHeaders: { set: { 'X-A': 'b' }, remove: [] },
            responseHeaders: { set: { 'X-B': 'c' }, remove: ['Server'] },
            compress: true,
            maxBodyBytes: 1_048_576,
          },
        },
      ],
    ],
    [
      ['caddy=http://a.example', 'caddy.redir=https://b.example{uri} permanent'],
      [{ host: 'a.example', rules: { redirect: { to: 'https://b.example{path}{query}', code: 308 } } }],
    ],
    [
      ['caddy=http://a.example', 'caddy.redir=/old /new'],
      [{ host: 'a.example', path: '/old', rules: { redirect: { to: '/new', code: 302 } } }],
    ],
    [
      ['caddy=http://a.example', 'caddy.basic_auth=', `caddy.basic_auth.ann=${passwordHash}`, 'caddy.reverse_proxy={{upstreams}}'],
      [{ host: 'a.example', rules: { basicAuth: { ann: passwordHash } } }],
    ],
    [
      ['caddy=http://a.example', 'caddy.basic_auth=/admin/*', `caddy.basic_auth.ann=${passwordHash}`, 'caddy.reverse_proxy={{upstreams}}'],
      [{ host: 'a.example' }, { host: 'a.example', path: '/admin', rules: { basicAuth: { ann: passwordHash } } }],
    ],
    [
      [
        'caddy=http://a.example',
        'caddy.basic_auth=/api/admin',
        `caddy.basic_auth.ann=${passwordHash}`,
        'caddy.handle_path=/api/*',
        'caddy.handle_path.reverse_proxy={{upstreams}}',
        'caddy.redir=/api/admin/old /new',
      ],
      [
        { host: 'a.example', path: '/api', rules: { rewrite: '/' } },
        { host: 'a.example', path: '/api/admin', rules: { rewrite: '/admin', basicAuth: { ann: passwordHash } } },
        { host: 'a.example', path: '/api/admin/old', rules: { redirect: { to: '/new', code: 302 } } },
      ],
    ],
    [
      [
        'caddy_0=http://a.example',
        'caddy_0.reverse_proxy={{upstreams 1}}',
        'caddy_1=http://b.example',
        'caddy_1.reverse_proxy={{upstreams 2}}',
      ],
      [
        { host: 'a.example', target: 1 },
        { host: 'b.example', target: 2 },
      ],
    ],
  ])('%j', async (labels, routes) => {
    const { web, said } = await readWeb(labelled(...labels));
    expect(withoutOrigin(web.routes)).toEqual(routes.map((route) => ({ ...plainRoute, ...route })));
    expect(said).toEqual([]);
  });

  it.each<[string, string[], object | undefined, string[]]>([
    ['internal', ['caddy.tls=internal'], { certificate: { kind: 'internal' } }, []],
    ['by an address of mail', ['caddy.tls=me@a.example'], { certificate: { kind: 'acme', email: 'me@a.example' } }, []],
    [
      'unsaid',
      [],
      { certificate: { kind: 'internal' } },
      ["5 `web` asks for TLS, but not who signs its certificate; it gets one of berth's own authority, which browsers do not know"],
    ],
  ])('have TLS %s', async (_title, labels, tls, words) => {
    const { web, said } = await readWeb(labelled('caddy=a.example', 'caddy.reverse_proxy={{upstreams h2c 80}}', ...labels));
    expect(web).toMatchObject({
      h2: true,
      tls,
      routes: [
        { port: 443, tls: true },
        { port: 80, rules: { httpsRedirect: { port: 443 } } },
      ],
    });
    expect(said).toEqual(words);
  });

  it.each<[string, string[], string]>([
    ['a guard', ['caddy.forward_auth=auth:9091'], '6 `caddy.forward_auth` is not understood; no route is made without it'],
    ['a matcher by name', ['caddy.@a.path=/x'], '6 `caddy.@a.path` is not understood; no route is made without it'],
    [
      'a password in the clear',
      ['caddy.basicauth.ann=secret'],
      '6 `caddy.basicauth.ann` must be the hash of a password, not a password; no route is made without it',
    ],
    [
      'a hash of the cost that Caddy takes by itself',
      [`caddy.basic_auth.ann=${passwordHash.replace('$05$', '$14$')}`],
      '6 `caddy.basic_auth.ann` takes the proxy longer than 200 ms to check, in which other requests wait; no route is made without it',
    ],
    [
      'a password behind a matcher',
      ['caddy.basic_auth=@admin', `caddy.basic_auth.ann=${passwordHash}`],
      '6 `caddy.basic_auth` is behind a matcher that is not a path of its site; no route is made without it',
    ],
    [
      'a handle behind a matcher',
      ['caddy.handle=@a', 'caddy.handle.reverse_proxy={{upstreams}}'],
      '7 `caddy.handle.reverse_proxy` is behind a matcher that is not a path; no route is made of it',
    ],
    [
      'another service',
      ['caddy.reverse_proxy=other:80'],
      '6 `caddy.reverse_proxy: other:80` leads elsewhere than to this service; no route is made of it',
    ],
    [
      'TLS behind the proxy',
      ['caddy.reverse_proxy={{upstreams https 8443}}'],
      '6 `caddy.reverse_proxy: {{upstreams https 8443}}` asks the service by https, which the edge does not; no route is made of it',
    ],
    [
      'a password for more than whole segments of a path',
      ['caddy.basic_auth=/admin*', `caddy.basic_auth.ann=${passwordHash}`, 'caddy.reverse_proxy={{upstreams}}'],
      '6 `caddy.basic_auth` is behind a matcher that is not a path of its site; no route is made without it',
    ],
    ['a redirect with words', ['caddy.redir=https://{host}/x'], 'is not understood; no route is made of it'],
  ])('make no route with %s', async (_title, labels, words) => {
    const { web, said } = await readWeb(labelled('caddy=http://a.example', ...labels));
    expect(web.routes).toEqual([]);
    expect(said.join('\n')).toContain(words);
  });
});
