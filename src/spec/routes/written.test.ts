import { describe, expect, it } from 'vitest';
import type { Route } from '../../model/index.ts';
import { failureOf, loadFiles, loadText } from '../../../test/fakes/spec-files.ts';

/** A service with this in its `x-berth`. */
const berth = (text: string): string => `services:\n  web:\n    image: x\n    x-berth: {${text}}\n`;

/** The service of a file. */
async function service(text: string, files: Readonly<Record<string, string>> = {}) {
  const { project } = await loadFiles({ 'compose.yaml': berth(text), ...files });
  const [only] = project.services;
  if (only === undefined) throw new Error('the file has no service');
  return only;
}

const plain: Route = { path: '/', port: 80, mode: 'http', tls: false, rules: {} };
const bcrypt = `$2y$05$${'a'.repeat(53)}`;
const sha = `$5$salt$${'h'.repeat(43)}`;
const yescrypt = `$y$j9T$salt$${'h'.repeat(43)}`;
const twice = (hash: string): string => hash.replaceAll('$', '$$$$');

describe('a route as it is written', () => {
  it.each<[string, Partial<Route>[]]>([
    ['routes: [shop.example.com]', [{ host: 'shop.example.com' }]],
    ['routes: Shop.Example.com/api/', [{ host: 'shop.example.com', path: '/api' }]],
    ['routes: ["*.example.com:8080", /admin, ":81"]', [{ host: '*.example.com', port: 8080 }, { path: '/admin' }, { port: 81 }]],
    ['routes: [{path: /, target: 9000}]', [{ target: 9000 }]],
    ['routes: []', []],
    [
      'routes: [{hosts: [a.example, B.example, a.example], port: 90}]',
      [
        { host: 'a.example', port: 90 },
        { host: 'b.example', port: 90 },
      ],
    ],
    [
      'routes: [{path: /a, strip: true}, {path: /b, rewrite: /c}]',
      [
        { path: '/a', rules: { rewrite: '/' } },
        { path: '/b', rules: { rewrite: '/c' } },
      ],
    ],
    [
      'routes: [{host: a.example, redirect: "https://b.example{path}{query}"}]',
      [{ host: 'a.example', rules: { redirect: { to: 'https://b.example{path}{query}', code: 302 } } }],
    ],
    [
      'routes: [{host: a.example, path: /p, www: drop}]',
      [
        { host: 'a.example', path: '/p' },
        { host: 'www.a.example', rules: { redirect: { to: 'http://a.example{path}{query}', code: 308 } } },
      ],
    ],
    [
      'routes: [{host: a.example, port: 8080, www: add}]',
      [
        { host: 'www.a.example', port: 8080 },
        { host: 'a.example', port: 8080, rules: { redirect: { to: 'http://www.a.example:8080{path}{query}', code: 308 } } },
      ],
    ],
    [
      'routes: [{headers: {request: {set: {X-A: b, X-N: 1}, remove: Cookie}, response: {remove: [Server, X-B]}}}]',
      [
        {
          rules: {
            requestHeaders: { set: { 'X-A': 'b', 'X-N': '1' }, remove: ['Cookie'] },
            responseHeaders: { set: {}, remove: ['Server', 'X-B'] },
          },
        },
      ],
    ],
    [`routes: [{basicAuth: {ann: "${twice(bcrypt)}"}}]`, [{ rules: { basicAuth: { ann: bcrypt } } }]],
    [`routes: [{basicAuth: ["bob:${twice(sha)}"]}]`, [{ rules: { basicAuth: { bob: sha } } }]],
    [`routes: [{basicAuth: {cay: "${twice(yescrypt)}"}}]`, [{ rules: { basicAuth: { cay: yescrypt } } }]],
    [
      'routes: [{allow: 10.0.0.0/8, deny: [10.1.0.0/16, "2001:db8::/32"]}]',
      [{ rules: { allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16', '2001:db8::/32'] } }],
    ],
    [
      'routes: [{maxBody: 10m, timeout: 1m30s, compress: true}]',
      [{ rules: { maxBodyBytes: 10_485_760, timeoutMs: 90_000, compress: true } }],
    ],
    [
      'routes: [{rateLimit: 100/1m}, {path: /b, rateLimit: 20/s}]',
      [{ rules: { rateLimit: { requests: 100, perMs: 60_000 } } }, { path: '/b', rules: { rateLimit: { requests: 20, perMs: 1000 } } }],
    ],
    ['routes: [{rateLimit: {requests: 5, per: 10s}, compress: false}]', [{ rules: { rateLimit: { requests: 5, perMs: 10_000 } } }]],
    ['routes: [{mode: tcp, port: 5432}]', [{ mode: 'tcp', port: 5432 }]],
    ['routes: [{mode: tcp, host: db.example}]', [{ mode: 'tcp', host: 'db.example', port: 443 }]],
    [
      'routes: [{mode: tcp, port: 5432, allow: 10.0.0.0/8, deny: [10.1.0.0/16], timeout: 1h}]',
      [{ mode: 'tcp', port: 5432, rules: { allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'], timeoutMs: 3_600_000 } }],
    ],
    ['protocol: tcp, routes: [":5432"]', [{ mode: 'tcp', port: 5432 }]],
    ['protocol: tcp, routes: [{port: 81, mode: http}]', [{ port: 81 }]],
  ])('%s', async (text, routes) => {
    expect((await service(text)).routes).toEqual(routes.map((route) => ({ ...plain, ...route })));
  });

  it('takes a redirect with a code', async () => {
    const { routes } = await service('routes: [{host: c.example, path: /old, redirect: {to: /new, code: "308"}}]');
    expect(routes[0]?.rules).toEqual({ redirect: { to: '/new', code: 308 } });
  });

  it('notes the place of each for errors found later', async () => {
    const { project } = await loadText(berth('routes: [a.example, {host: b.example, www: drop}]'));
    expect(Object.entries(project.places).filter(([key]) => key.includes('.routes.'))).toEqual([
      ['services.web.routes.0', 'compose.yaml:4:24'],
      ['services.web.routes.1', 'compose.yaml:4:35'],
      ['services.web.routes.2', 'compose.yaml:4:35'],
    ]);
  });

  it('adds those of an override', async () => {
    const { project } = await loadFiles({
      'compose.yaml': berth('routes: a.example'),
      'compose.override.yaml': 'services: {web: {x-berth: {routes: [b.example]}}}\n',
    });
    expect(project.services[0]?.routes.map((route) => route.host)).toEqual(['a.example', 'b.example']);
  });
});

describe('what holds for the service', () => {
  it.each<[string, object]>([
    ['protocol: h2c', { protocol: 'http', h2: true }],
    ['protocol: grpc', { protocol: 'http', h2: true }],
    ['protocol: tcp', { protocol: 'tcp' }],
    ['routes: [{mode: tcp, port: 1}]', { protocol: 'tcp' }],
    ['sticky: true', { sticky: { cookie: 'berth_web' } }],
    ['sticky: {cookie: SRV}', { sticky: { cookie: 'SRV' } }],
    ['routes: [{sticky: true}]', { sticky: { cookie: 'berth_web' } }],
    ['proxyProtocol: {accept: true, send: true}', { acceptProxy: true, sendProxy: 'v2' }],
    ['proxyProtocol: {send: v1}', { sendProxy: 'v1' }],
    ['trustedProxies: 10.0.0.0/8', { trustedProxies: ['10.0.0.0/8'] }],
    ['trustedProxies: [10.0.0.1, "::1"]', { trustedProxies: ['10.0.0.1', '::1'] }],
  ])('%s', async (text, found) => {
    expect(await service(text)).toMatchObject(found);
  });

  it('is nothing where nothing is written', async () => {
    const { project } = await loadText(berth('sticky: false, proxyProtocol: {accept: false, send: false}'));
    for (const key of ['protocol', 'h2', 'sticky', 'acceptProxy', 'sendProxy', 'trustedProxies', 'maintenancePage', 'tls'])
      expect(project.services[0]).not.toHaveProperty(key);
  });

  it('reads pages from files beside the project; those of a route win', async () => {
    const text =
      'maintenance: ./back-soon.html, errorPages: {503: busy.html, 502: busy.html}, routes: [a.example, {host: b.example, errorPages: {"503": own.html}}]';
    const found = await service(text, { 'back-soon.html': '<p>soon</p>', 'busy.html': '<p>büsy</p>', 'own.html': '<p>own</p>' });
    expect(found.maintenancePage).toBe('<p>soon</p>');
    expect(found.routes.map((route) => route.rules.errorPages)).toEqual([
      { 502: '<p>büsy</p>', 503: '<p>büsy</p>' },
      { 502: '<p>büsy</p>', 503: '<p>own</p>' },
    ]);
  });
});

describe('routes of a service with TLS', () => {
  const to443 = { httpsRedirect: { port: 443 } };

  it.each<[string, Partial<Route>[]]>([
    [
      'tls: internal, routes: [a.example]',
      [
        { host: 'a.example', port: 443, tls: true },
        { host: 'a.example', rules: to443 },
      ],
    ],
    ['tls: {internal: true, redirect: false}, routes: [a.example]', [{ host: 'a.example', port: 443, tls: true }]],
    ['tls: internal, routes: ["a.example:8443"]', [{ host: 'a.example', port: 8443, tls: true }]],
    [
      'tls: {internal: true, redirect: true}, routes: ["a.example:8443"]',
      [
        { host: 'a.example', port: 8443, tls: true },
        { host: 'a.example', rules: { httpsRedirect: { port: 8443 } } },
      ],
    ],
    ['tls: internal, routes: [a.example, "a.example:80"]', [{ host: 'a.example', port: 443, tls: true }, { host: 'a.example' }]],
    ['tls: internal, routes: [{host: a.example, tls: false}]', [{ host: 'a.example' }]],
    ['tls: internal, routes: [{host: a.example, mode: tcp}]', [{ host: 'a.example', port: 443, mode: 'tcp', tls: true }]],
    ['tls: internal, routes: [{host: a.example, mode: tcp, tls: false}]', [{ host: 'a.example', port: 443, mode: 'tcp' }]],
    [
      'tls: {internal: true, redirect: false, hsts: true}, routes: [a.example]',
      [{ host: 'a.example', port: 443, tls: true, rules: { hsts: 'max-age=31536000' } }],
    ],
    [
      'tls: {internal: true, redirect: false, hsts: max-age=60; preload}, routes: [a.example]',
      [{ host: 'a.example', port: 443, tls: true, rules: { hsts: 'max-age=60; preload' } }],
    ],
    [
      'tls: internal, routes: [{host: a.example, www: drop}]',
      [
        { host: 'a.example', port: 443, tls: true },
        { host: 'www.a.example', port: 443, tls: true, rules: { redirect: { to: 'https://a.example{path}{query}', code: 308 } } },
        { host: 'a.example', rules: to443 },
        { host: 'www.a.example', rules: to443 },
      ],
    ],
  ])('%s', async (text, routes) => {
    expect((await service(text)).routes).toEqual(routes.map((route) => ({ ...plain, ...route })));
  });
});

describe('a route that says what cannot be', () => {
  it.each([
    ['routes: ["http://a.example"]', 'without `http://`'],
    ['routes: ["a.example:99999"]', 'has the port 99999; it must be 1 to 65535'],
    ['routes: ["*"]', 'may have one `*`, alone at its start'],
    ['routes: [{host: "a.*.example"}]', 'may have one `*`, alone at its start'],
    ['routes: [{host: "https://a.example"}]', 'must be a host name alone, without `http://`'],
    ['routes: [{host: "a.example:80"}]', 'the port is a key of its own, `port`'],
    ['routes: [{host: a.example/x}]', 'the path is a key of its own, `path`'],
    ['routes: [{host: bücher.example}]', 'Punycode'],
    ['routes: [{host: -a.example}]', 'must be a host name, such as'],
    ['routes: [{path: api}]', 'must be a path that starts with `/`'],
    ['routes: [{path: "/api/*"}]', 'a path is a prefix as it is, so leave the `*` out'],
    ['routes: [{path: "/a?b"}]', 'can never match: a path ends before `?` and `#`'],
    ['routes: [{path: /a/../b}]', 'can never match: clients take `.` and `..` out of a path'],
    ['routes: [{path: /größe}]', 'can never match: requests carry it as `/gr%C3%B6%C3%9Fe`'],
    ['routes: [{path: /a//b}]', 'has an empty part'],
    ['routes: [{path: "/%zz"}]', 'has a `%` that stands for no letter'],
    ['routes: [{path: "/a%22"}]', 'holds quotes, backslashes or control characters'],
    ['routes: [/a%2Db, /a-b]', '`web` asks twice for the route'],
    [`routes: [{path: /${'a'.repeat(1001)}}]`, 'is longer than 1000 letters'],
    ['routes: [{path: "/a b"}]', 'can never match: requests carry it as `/a%20b`'],
    ['routes: [{host: a.example, hosts: [b.example]}]', '`host` and `hosts` exclude each other'],
    ['routes: [{hosts: []}]', '`hosts` is empty'],
    ['routes: [{port: 0}]', 'it must be 1 to 65535'],
    ['routes: [{path: /a, strip: true, rewrite: /b}]', '`strip` and `rewrite` exclude each other'],
    ['routes: [{strip: true}]', '`strip` has nothing to strip'],
    ['routes: [{redirect: b.example}]', 'must begin with `https://HOST`, `http://HOST` or `/`'],
    ['routes: [{redirect: "https://b.example/{host}"}]', 'holds `{host}`; only `{path}` and `{query}` are filled in'],
    ['routes: [{redirect: "https://b.example/a b"}]', 'without blanks, line breaks'],
    ['routes: [{redirect: {to: "https://*.b.example"}}]', 'needs one host, without `*`'],
    ['routes: [{redirect: {to: /x, code: 304}}]', 'a redirect cannot have the code `304`; it must be one of 301, 302, 303, 307, 308'],
    ['routes: [{host: "*.a.example", www: drop}]', '`www` needs a host without `www.` and without `*`'],
    ['routes: [{www: add}]', '`www` needs a host'],
    ['routes: [{headers: {request: {set: {"X A": b}}}}]', 'the name `X A` is not valid'],
    [
      'routes: [{headers: {response: {set: {X-A: "a\\nSet-Cookie: b"}}}}]',
      '(`a\\nSet-Cookie: b`) holds a line break, which would begin another header',
    ],
    ['routes: [{headers: {response: {set: {X-A: "a\\u0001"}}}}]', 'holds a control character'],
    ['routes: [{headers: {request: {set: {Content-Length: 1}}}}]', 'frames the message'],
    ['routes: [{headers: {request: {set: {X-A: b}, remove: x-a}}}]', 'the header `X-A` is both set and removed'],
    ['routes: [{headers: {response: {remove: "a:b"}}}]', 'may hold letters, digits'],
    ['routes: [{basicAuth: {}}]', '`basicAuth` names no user'],
    ['routes: [{basicAuth: [ann]}]', 'a user is `NAME: HASH`'],
    ['routes: [{basicAuth: {ann: "$$apr1$$a$$b"}}]', "hashed in Apache's own way"],
    ['routes: [{basicAuth: {ann: "{SHA}abc="}}]', 'unsalted'],
    [`routes: [{basicAuth: {ann: "$$2y$$05$$short"}}]`, 'is a hash that is cut short'],
    [`routes: [{basicAuth: {ann: "${twice(bcrypt.replace('$05$', '$13$'))}"}}]`, 'takes the proxy longer than 200 ms'],
    [`routes: [{basicAuth: {ann: "$$6$$rounds=9999999$$s$$${'h'.repeat(86)}"}}]`, 'takes the proxy longer than 200 ms'],
    [`routes: [{basicAuth: {ann: "${twice(yescrypt.replace('j9T', 'jCT'))}"}}]`, 'takes the proxy longer than 200 ms'],
    ['routes: [{basicAuth: {ann: "$$y$$j9T$$salt$$short"}}]', 'is a hash that is cut short'],
    [`routes: [{basicAuth: ["a:${twice(sha)}", "a:${twice(sha)}"]}]`, 'the user `a` is there twice'],
    ['routes: [{allow: 10.0.0.0/33}]', 'must be an address or a range of them'],
    ['routes: [{deny: [10.0.0]}]', 'must be an address or a range of them'],
    ['routes: [{allow: []}]', '`allow` is empty'],
    ['routes: [{allow: 10.1.0.0/16, deny: 10.0.0.0/8}]', 'allows `10.1.0.0/16` and denies all of it'],
    ['routes: [{maxBody: 0}]', '`maxBody` must be at least 1 byte'],
    ['routes: [{maxBody: many}]', 'must be a size'],
    ['routes: [{rateLimit: 0}]', 'must be requests per time, such as `100/1m` or `20/s`'],
    ['routes: [{rateLimit: 0/1m}]', 'lets nothing through; leave it out for no limit'],
    ['routes: [{rateLimit: {requests: 0, per: 1s}}]', 'it must be at least 1'],
    ['routes: [{rateLimit: {requests: 1, per: 0s}}]', 'counts over no time at all'],
    ['routes: [{rateLimit: 1/30d}]', 'counts over more than 24 days'],
    ['routes: [{rateLimit: lots}]', 'must be requests per time, such as `100/1m` or `20/s`'],
    ['routes: [{timeout: 0s}]', '`timeout` must be longer than nothing'],
    ['routes: [{timeout: 30d}]', '`timeout` must be longer than nothing and at most 24 days'],
    ['routes: [{timeout: soon}]', 'must be a duration'],
    ['routes: [{sticky: {cookie: "a b"}}]', 'must be the name of a cookie'],
    ['sticky: true, routes: [{sticky: {cookie: other}}]', 'has two cookies, `berth_web` and `other`'],
    ['sticky: true, routes: [{mode: tcp, port: 5}]', 'sticky by a cookie, which its routes with `mode: tcp` cannot see'],
    ['routes: [{mode: tcp}]', 'a route with `mode: tcp` needs a `port`'],
    ...['path: /a', 'strip: true', 'rewrite: /b', 'redirect: /c', 'www: add', 'headers: {}', 'basicAuth: ["a:$$5$$s$$h"]'].map((key) => [
      `routes: [{mode: tcp, host: a.example, ${key}}]`,
      `a route with \`mode: tcp\` cannot have \`${key.split(':')[0] ?? ''}\``,
    ]),
    ...['maxBody: 1m', 'rateLimit: 1/s', 'sticky: true', 'compress: true', 'errorPages: {}'].map((key) => [
      `routes: [{mode: tcp, port: 1, ${key}}]`,
      `a route with \`mode: tcp\` cannot have \`${key.split(':')[0] ?? ''}\``,
    ]),
    ['routes: [{tls: true}]', 'needs to know its certificate'],
    ['protocol: ftp', 'it must be one of `http`, `tcp`, `h2c`, `grpc`'],
    ['trustedProxies: [cloud]', 'must be an address or a range of them'],
    ['proxyProtocol: {send: v3}', 'x-berth.proxyProtocol.send'],
    ['errorPages: {700: a.html}', 'the name `700` is not valid'],
    ['errorPages: {503: no.html}', 'the page no.html does not exist'],
    ['errorPages: {503: ../no.html}', 'is outside the project'],
    ['maintenance: big.html', 'the page big.html has 20000 bytes; the proxy can keep 14000'],
    ['maintenance: latin.html', 'cannot be read: the file is not valid UTF-8 here'],
    ['routes: [{hots: a.example}]', 'Did you mean `host`?'],
  ])('%s', async (text, message) => {
    const files = {
      'compose.yaml': berth(text),
      'big.html': 'x'.repeat(20_000),
      'latin.html': Uint8Array.from([0x68, 0xe9]),
      '/work/no.html': 'x',
    };
    const failure = await failureOf(loadFiles(files));
    expect(failure).toMatch(/^(FILE_INVALID|FILE_NOT_FOUND)\ncompose\.yaml:4:/);
    expect(failure).toContain(message);
  });

  it('never shows a password, and says how it is hashed', async () => {
    for (const text of ['{ann: hunter2-secret}', '["ann:hunter2-secret"]', '{ann: 271828}', '["hunter2-secret"]']) {
      const failure = await failureOf(loadText(berth(`routes: [{basicAuth: ${text}}]`)));
      expect(failure).not.toMatch(/hunter2|271828/);
      expect(failure).toContain('openssl passwd -5');
    }
  });
});
