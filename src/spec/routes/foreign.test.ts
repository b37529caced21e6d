import { describe, expect, it } from 'vitest';
import type { Route } from '../../model/index.ts';
import { failureOf, loadFiles, loadText } from '../../../test/fakes/spec-files.ts';

const plain = { path: '/', port: 80, mode: 'http', tls: false, rules: {} } as const;
const hash = `$2y$05$${'a'.repeat(53)}`;

/** A service `web` with these labels, one on each line from line 5 on. */
function labelled(...labels: readonly string[]): string {
  const lines = labels.map((label) => `      - '${label.replaceAll("'", "''").replaceAll('$', '$$$$')}'\n`);
  return `services:\n  web:\n    image: x\n    labels:\n${lines.join('')}`;
}

function withVariables(...variables: readonly string[]): string {
  return labelled(...variables).replace('labels:', 'environment:');
}

/** The service `web` of a file, and what was said of it as `LINE MESSAGE`. */
async function read(text: string) {
  const { project, warnings } = await loadText(text);
  const web = project.services.find((service) => service.name === 'web');
  if (web === undefined) throw new Error('the file has no service `web`');
  return { web, said: warnings.map((warning) => `${String(warning.line)} ${warning.message}`) };
}

/** Routes without what they were made from. */
const bare = (routes: readonly Route[]) => routes.map(({ from: _, ...route }) => route);

const router = (rule: string, ...more: readonly string[]): string =>
  labelled(`traefik.http.routers.r.rule=${rule}`, ...more.map((label) => `traefik.http.${label}`));

describe('rules of Traefik', () => {
  it.each<[string, Partial<Route>[]]>([
    ['Host(`a.example`)', [{ host: 'a.example' }]],
    ['Host(`a.example`, `B.example`)', [{ host: 'a.example' }, { host: 'b.example' }]],
    ['Host("a.example") || HostHeader(`b.example`)', [{ host: 'a.example' }, { host: 'b.example' }]],
    ['PathPrefix(`/api/`)', [{ path: '/api' }]],
    [
      'Host(`a.example`) && (PathPrefix(`/x`) || PathPrefix(`/y`))',
      [
        { host: 'a.example', path: '/x' },
        { host: 'a.example', path: '/y' },
      ],
    ],
    [
      '(Host(`a.example`) || Host(`b.example`)) && PathPrefix(`/x`)',
      [
        { host: 'a.example', path: '/x' },
        { host: 'b.example', path: '/x' },
      ],
    ],
    ['PathPrefix(`/a`) && PathPrefix(`/a/b`)', [{ path: '/a/b' }]],
    ['HostRegexp(`^.+\\.a\\.example$`)', [{ host: '*.a.example' }]],
    ['HostRegexp(`^[a-z0-9-]+\\.a\\.example$`)', [{ host: '*.a.example' }]],
    ['HostRegexp(`{sub:[a-z]+}.a.example`)', [{ host: '*.a.example' }]],
    ['HostRegexp(`{any:.+}`)', [{}]],
    ['HostRegexp(`.+`) && PathPrefix(`/x`)', [{ path: '/x' }]],
    ['HostRegexp(`{s:.+}.a.example`) && Host(`b.a.example`)', [{ host: 'b.a.example' }]],
  ])('%s', async (rule, routes) => {
    const { web, said } = await read(router(rule));
    expect(bare(web.routes)).toEqual(routes.map((route) => ({ ...plain, ...route })));
    expect(web.routes.every((route) => route.from === 'traefik labels, compose.yaml:5')).toBe(true);
    expect(said).toEqual([]);
  });

  it.each([
    ['Host(`a.example`) && Method(`GET`)', 'asks for `Method`'],
    ['Host(`a.example`) && !PathPrefix(`/x`)', 'says what it does not match (`!`)'],
    ['HostRegexp(`^(a|b)\\.example$`)', 'which is more than a `*` in front'],
    ['Host(`a.example`) && Host(`b.example`)', 'can never match'],
    ['PathPrefix(`/a`) && PathPrefix(`/b`)', 'can never match'],
    ['PathPrefix(`/{id:[0-9]+}`)', 'is a pattern'],
    ['Host(`a_b.example`)', 'must be a host name'],
    ['Host(`a.example`', 'lacks a `)`'],
    ['Host(', 'ends too early'],
    ['Host(`a.example`) Host(`b.example`)', 'that does not belong there'],
    ['Host(a.example)', 'cannot be read from `.example)` on'],
    ['Host(`a.example`) && (Host(`a.example`)', 'lacks a `)`'],
    ['Host[`a.example`]', 'cannot be read from `[`a.example`]` on'],
    ['()', 'does not belong there'],
  ])('makes no route of %s', async (rule, why) => {
    const { web, said } = await read(router(rule));
    expect(web.routes).toEqual([]);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^5 `traefik\.http\.routers\.r\.rule` .*no route is made of it$/);
    expect(said[0]).toContain(why);
  });

  it('takes a path alone with all below it, and says so', async () => {
    const { web, said } = await read(router('Path(`/login`)'));
    expect(bare(web.routes)).toEqual([{ ...plain, path: '/login' }]);
    expect(said).toEqual(['5 `traefik.http.routers.r.rule` asks for the path `/login` alone; it is taken with all below it']);
  });
});

describe('routers of Traefik', () => {
  const host = 'Host(`a.example`)';

  it('have ports by their entry points, and TLS', async () => {
    const { web, said } = await read(
      router(
        host,
        'routers.r.entrypoints=web',
        'routers.s.rule=Host(`b.example`)',
        'routers.s.entrypoints=websecure',
        'routers.s.tls=true',
      ),
    );
    expect(bare(web.routes)).toEqual([
      { ...plain, host: 'a.example' },
      { ...plain, host: 'b.example', port: 443, tls: true },
      { ...plain, host: 'b.example', rules: { httpsRedirect: { port: 443 } } },
    ]);
    expect(web.tls).toEqual({ certificate: { kind: 'internal' } });
    expect(said).toEqual([
      "7 `web` asks for TLS, but not who signs its certificate; it gets one of berth's own authority, which browsers do not know",
    ]);
  });

  it('take the certificate that the file says', async () => {
    const text = router(host, 'routers.r.tls.certresolver=le').replace(
      'image: x',
      'image: x\n    x-berth: {tls: {internal: true, hsts: true, redirect: false}}',
    );
    const { web, said } = await read(text);
    expect(bare(web.routes)).toEqual([{ ...plain, host: 'a.example', port: 443, tls: true, rules: { hsts: 'max-age=31536000' } }]);
    expect(said).toEqual([]);
  });

  it('get TLS where the file has it and no label speaks of it', async () => {
    const { web } = await read(router(host).replace('image: x', 'image: x\n    x-berth: {tls: internal}'));
    expect(web.routes.map(({ port, tls }) => [port, tls])).toEqual([
      [443, true],
      [80, false],
    ]);
  });

  it('are not made where their port or service is described elsewhere', async () => {
    const { web, said } = await read(
      router(
        host,
        'routers.r.entrypoints=metrics',
        'routers.s.rule=PathPrefix(`/api`)',
        'routers.s.service=api@internal',
        'routers.t.entrypoints=web',
      ),
    );
    expect(web.routes).toEqual([]);
    expect(said).toEqual([
      "6 the entry point `metrics` of the router `r` is described in Traefik's own configuration; no route is made there",
      '8 the router `s` leads to `api@internal`, which no label of this service describes; no route is made of it',
      '9 the router `t` has no rule; no route is made of it',
    ]);
  });

  it('have the port, cookie and protocol of their service', async () => {
    const own = 'services.s.loadbalancer';
    const { web, said } = await read(
      router(
        host,
        'routers.r.service=s',
        `${own}.server.port=3000`,
        `${own}.server.scheme=h2c`,
        `${own}.sticky.cookie.name=SRV`,
        `${own}.passhostheader=true`,
        `${own}.healthcheck.path=/up`,
      ),
    );
    expect(web).toMatchObject({ routes: [{ target: 3000 }], h2: true, protocol: 'http', sticky: { cookie: 'SRV' } });
    expect(said).toEqual(['11 `traefik.http.services.s.loadbalancer.healthcheck.path` has no effect: berth asks for readiness itself']);
  });

  it('pass connections on by name', async () => {
    const { web } = await read(
      labelled(
        'traefik.tcp.routers.db.rule=HostSNI(`db.example`)',
        'traefik.tcp.routers.db.entrypoints=websecure',
        'traefik.tcp.routers.db.tls.passthrough=true',
        'traefik.tcp.services.db.loadbalancer.server.port=5432',
        'traefik.tcp.services.db.loadbalancer.proxyprotocol.version=2',
      ),
    );
    expect(bare(web.routes)).toEqual([{ ...plain, mode: 'tcp', host: 'db.example', port: 443, target: 5432 }]);
    expect(web).toMatchObject({ protocol: 'tcp', sendProxy: 'v2' });
  });

  it('are read in any case, from `deploy.labels` too, and not where Traefik is switched off', async () => {
    const { web } = await read('services: {web: {image: x, deploy: {labels: {Traefik.HTTP.Routers.A.Rule: "Host(`a.example`)"}}}}\n');
    expect(web.routes).toMatchObject([{ host: 'a.example' }]);
    expect((await read(labelled('traefik.enable=false', 'traefik.http.routers.r.rule=Host(`a.example`)'))).web.routes).toEqual([]);
  });
});

describe('middlewares of Traefik', () => {
  const applied = (rule: string, ...labels: readonly string[]) =>
    read(router(rule, 'routers.r.middlewares=m', ...labels.map((label) => `middlewares.m.${label}`)));

  it.each<[string, string[], object]>([
    ['PathPrefix(`/api`)', ['stripprefix.prefixes=/api'], { rewrite: '/' }],
    ['PathPrefix(`/api/v1`)', ['stripprefix.prefixes=/x, /api/'], { rewrite: '/v1' }],
    ['PathPrefix(`/api`)', ['addprefix.prefix=/new'], { rewrite: '/new/api' }],
    ['Host(`a.example`)', ['redirectscheme.scheme=https', 'redirectscheme.permanent=true'], { httpsRedirect: { port: 443 } }],
    ['Host(`a.example`)', ['ipallowlist.sourcerange=10.0.0.0/8, 192.0.2.7'], { allow: ['10.0.0.0/8', '192.0.2.7'] }],
    ['Host(`a.example`)', ['ipwhitelist.sourcerange=::1'], { allow: ['::1'] }],
    [
      'Host(`a.example`)',
      ['ratelimit.average=10', 'ratelimit.period=1m', 'ratelimit.burst=20'],
      { rateLimit: { requests: 20, perMs: 120_000 } },
    ],
    ['Host(`a.example`)', ['ratelimit.average=5'], { rateLimit: { requests: 5, perMs: 1000 } }],
    ['Host(`a.example`)', ['compress=true'], { compress: true }],
    ['Host(`a.example`)', ['buffering.maxrequestbodybytes=1000'], { maxBodyBytes: 1000 }],
    [
      'Host(`a.example`)',
      [`basicauth.users=ann:${hash}`, 'basicauth.removeheader=true'],
      { basicAuth: { ann: hash }, requestHeaders: { set: {}, remove: ['Authorization'] } },
    ],
    [
      'Host(`a.example`)',
      [
        'headers.customrequestheaders.X-A=b',
        'headers.customresponseheaders.Server=',
        'headers.framedeny=true',
        'headers.referrerpolicy=same-origin',
      ],
      {
        requestHeaders: { set: { 'X-A': 'b' }, remove: [] },
        responseHeaders: { set: { 'X-Frame-Options': 'DENY', 'Referrer-Policy': 'same-origin' }, remove: ['Server'] },
      },
    ],
    [
      'Host(`www.a.example`)',
      ['redirectregex.regex=^https?://www\\.(.*)', 'redirectregex.replacement=https://${1}'],
      { redirect: { to: 'https://a.example{path}{query}', code: 307 } },
    ],
    ['Host(`a.example`)', ['redirectregex.regex=^https?://www\\.(.*)', 'redirectregex.replacement=https://${1}'], {}],
    [
      'Host(`old.example`)',
      [
        'redirectregex.regex=^https?://old\\.example/(.*)',
        'redirectregex.replacement=https://new.example/$1',
        'redirectregex.permanent=true',
      ],
      { redirect: { to: 'https://new.example{path}{query}', code: 308 } },
    ],
    [
      'Host(`old.example`)',
      ['redirectregex.regex=.*', 'redirectregex.replacement=https://new.example/'],
      { redirect: { to: 'https://new.example/', code: 307 } },
    ],
  ])('%s: %j', async (rule, labels, rules) => {
    const { web, said } = await applied(rule, ...labels);
    expect(web.routes.map((route) => route.rules)).toEqual([rules]);
    expect(said).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ['an unknown kind', ['forwardauth.address=http://auth'], 'is of a kind that berth does not have (`forwardauth`)'],
    ['a prefix that the path has not', ['stripprefix.prefixes=/api'], "which the route's path (`/`) does not start with"],
    [
      'a path in a pattern',
      ['redirectregex.regex=^https://a.example/old/(.*)', 'redirectregex.replacement=https://b.example/$1'],
      'redirects by a pattern',
    ],
    ['users in a file', ['basicauth.usersfile=/users'], 'has its users in a file (`usersfile`)'],
    ['a password in the clear', ['basicauth.users=ann:hunter2'], 'has a user whose password must be the hash of a password'],
    ['a slow hash', [`basicauth.users=ann:${hash.replace('$05$', '$14$')}`], 'takes the proxy longer than 50 ms'],
    ['no range', ['ipallowlist.sourcerange=cloud'], 'allows `cloud`, which must be an address'],
    ['a chain of what is not there', ['chain.middlewares=other'], 'needs `other`, which is not described by a label'],
    ['itself', ['chain.middlewares=m'], 'contains itself'],
  ])('make no route with %s', async (_title, labels, why) => {
    const { web, said } = await applied('Host(`a.example`)', ...labels);
    expect(web.routes).toEqual([]);
    expect(said.join('\n')).toContain(why);
    expect(said.join('\n')).toContain('6 `traefik.http.routers.r.middlewares`: the middleware `m` ');
    expect(said.join('\n')).not.toContain('hunter2');
  });

  it('add up, also in a chain', async () => {
    const { web, said } = await read(
      router(
        'Host(`a.example`)',
        'routers.r.middlewares=c,h@docker',
        'middlewares.c.chain.middlewares=z',
        'middlewares.z.compress.excludedcontenttypes=a',
        'middlewares.h.headers.customresponseheaders.X-A=b',
        'middlewares.unused.retry.attempts=4',
      ),
    );
    expect(web.routes[0]?.rules).toEqual({ compress: true, responseHeaders: { set: { 'X-A': 'b' }, remove: [] } });
    expect(said).toEqual([
      '8 `traefik.http.middlewares.z.compress.excludedcontenttypes` has no effect',
      '10 the label `traefik.http.middlewares.unused.retry.attempts` is not understood',
    ]);
  });

  it('of another file make no route; those that guard nothing are left out', async () => {
    expect((await read(router('Host(`a.example`)', 'routers.r.middlewares=auth@file'))).said).toEqual([
      '6 `traefik.http.routers.r.middlewares`: the middleware `auth@file` is described outside of this file (`@file`); no route is made without it',
    ]);
    const { web, said } = await applied('Host(`a.example`)', 'retry.attempts=4');
    expect(web.routes).toHaveLength(1);
    expect(said).toEqual(['7 `traefik.http.middlewares.m.retry.attempts` has no effect']);
  });
});

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
      ['caddy=http://a.example', 'caddy.basic_auth=', `caddy.basic_auth.ann=${hash}`, 'caddy.reverse_proxy={{upstreams}}'],
      [{ host: 'a.example', rules: { basicAuth: { ann: hash } } }],
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
    const { web, said } = await read(labelled(...labels));
    expect(bare(web.routes)).toEqual(routes.map((route) => ({ ...plain, ...route })));
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
    const { web, said } = await read(labelled('caddy=a.example', 'caddy.reverse_proxy={{upstreams h2c 80}}', ...labels));
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
    ['a password in the clear', ['caddy.basicauth.ann=secret'], '6 `caddy.basicauth.ann` is not understood; no route is made without it'],
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
    ['a redirect with words', ['caddy.redir=https://{host}/x'], 'is not understood; no route is made of it'],
  ])('make no route with %s', async (_title, labels, words) => {
    const { web, said } = await read(labelled('caddy=http://a.example', ...labels));
    expect(web.routes).toEqual([]);
    expect(said.join('\n')).toContain(words);
  });
});

describe('variables of nginx-proxy', () => {
  it('say host, port and path', async () => {
    const { web, said } = await read(
      withVariables('VIRTUAL_HOST=a.example, *.B.example', 'VIRTUAL_PORT=8080', 'VIRTUAL_PATH=/x/', 'VIRTUAL_DEST=/', 'VIRTUAL_PROTO=grpc'),
    );
    const route = { ...plain, path: '/x', target: 8080, rules: { rewrite: '/' } };
    expect(bare(web.routes)).toEqual([
      { ...route, host: 'a.example' },
      { ...route, host: '*.b.example' },
    ]);
    expect(web).toMatchObject({ h2: true, routes: [{ from: 'VIRTUAL_HOST variables, compose.yaml:5' }, {}] });
    expect(said).toEqual([]);
  });

  it("ask Let's Encrypt for a certificate", async () => {
    const { web, said } = await read(
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
    expect(bare(web.routes)).toEqual([
      { ...plain, host: 'a.example', port: 443, tls: true, rules: { hsts: 'max-age=60' } },
      { ...plain, host: 'b.example' },
      { ...plain, host: 'a.example', rules: { httpsRedirect: { port: 443 } } },
    ]);
    expect(said).toEqual(['6 `b.example` of `VIRTUAL_HOST` is not among the hosts of the certificate; it is served without TLS']);
  });

  it('may keep port 80 as it is', async () => {
    const { web } = await read(withVariables('VIRTUAL_HOST=a.example', 'SELF_SIGNED_HOST=a.example', 'HTTPS_METHOD=noredirect'));
    expect(web).toMatchObject({ tls: { certificate: { kind: 'internal' } }, routes: [{ port: 443 }] });
  });

  it.each<[string[], string]>([
    [['VIRTUAL_HOST=~^a'], '5 `VIRTUAL_HOST`: `~^a` must be a host name'],
    [['VIRTUAL_HOST=a.example', 'VIRTUAL_PORT=web'], '5 `VIRTUAL_PORT` is not a port; no route is made'],
    [['VIRTUAL_HOST=a.example', 'VIRTUAL_PATH=x'], '5 `VIRTUAL_PATH` must be a path that starts with `/`; no route is made'],
    [['VIRTUAL_HOST=a.example', 'NETWORK_ACCESS=internal'], '6 `NETWORK_ACCESS: internal` is not understood; no route is made without it'],
    [['VIRTUAL_HOST_MULTIPORTS=a'], '5 `VIRTUAL_HOST_MULTIPORTS` is not understood'],
  ])('make no route of %j', async (variables, words) => {
    const { web, said } = await read(withVariables(...variables));
    expect(web.routes).toEqual([]);
    expect(said.join('\n')).toContain(words);
  });

  it('mean nothing when they are empty or belong to something else', async () => {
    const { web, said } = await read(withVariables('VIRTUAL_HOST=', 'HSTS=max-age=60'));
    expect(web.routes).toEqual([]);
    expect(said).toEqual([]);
  });
});

describe('the words of another proxy', () => {
  const rule = 'traefik.http.routers.r.rule=Host(`a.example`)';

  it('are not read where the file has routes of its own, or none by its own word', async () => {
    for (const [routes, hosts] of [
      ['[b.example]', ['b.example']],
      ['[]', []],
    ] as const) {
      const { web, said } = await read(labelled(rule).replace('image: x', `image: x\n    x-berth: {routes: ${routes}}`));
      expect(web.routes.map((route) => route.host)).toEqual(hosts);
      expect(said).toEqual([]);
    }
  });

  it.each([
    ['image: traefik:v3'],
    ['image: docker.io/library/traefik'],
    ['image: own-proxy, ports: ["80:80"], volumes: ["/var/run/docker.sock:/var/run/docker.sock"]'],
  ])('are left to a proxy of the same application: %s', async (proxy) => {
    const { web, said } = await read(`${labelled(rule)}  edge: {${proxy}}\n`);
    expect(web.routes).toEqual([]);
    expect(said).toEqual([]);
  });

  it('of a second proxy are left aside, and that is said', async () => {
    const { web, said } = await read(labelled(rule, 'caddy=http://b.example', 'caddy.reverse_proxy={{upstreams}}'));
    expect(web.routes.map((route) => route.host)).toEqual(['a.example']);
    expect(said).toEqual(['6 `caddy` labels are left aside, since `web` has `traefik.*` labels']);
  });

  it('are an error with --strict where they are not understood', async () => {
    const text = labelled(rule, 'traefik.http.routers.r.priority=5');
    expect(await failureOf(loadFiles({ 'compose.yaml': text }, { strict: true }))).toContain(
      'STRICT\ncompose.yaml:6:9: the label `traefik.http.routers.r.priority` is not understood',
    );
  });

  it('collide like any route', async () => {
    const text = `${labelled(rule)}  api: {image: x, x-berth: {routes: [a.example]}}\n`;
    expect(await failureOf(loadText(text))).toContain('`api` and `web` both want the route a.example/ on port 80 (also at compose.yaml:5)');
  });
});
