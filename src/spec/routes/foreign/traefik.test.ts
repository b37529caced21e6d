import { describe, expect, it } from 'vitest';
import type { Route } from '../../../model/index.ts';
import { labelled, plainRoute, readWeb, withoutOrigin } from '../../../../test/fakes/foreign-labels.ts';

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
    const { web, said } = await readWeb(router(rule));
    expect(withoutOrigin(web.routes)).toEqual(routes.map((route) => ({ ...plainRoute, ...route })));
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
    const { web, said } = await readWeb(router(rule));
    expect(web.routes).toEqual([]);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^5 `traefik\.http\.routers\.r\.rule` .*no route is made of it$/);
    expect(said[0]).toContain(why);
  });

  it('takes a path alone with all below it, and says so', async () => {
    const { web, said } = await readWeb(router('Path(`/login`)'));
    expect(withoutOrigin(web.routes)).toEqual([{ ...plainRoute, path: '/login' }]);
    expect(said).toEqual(['5 `traefik.http.routers.r.rule` asks for the path `/login` alone; it is taken with all below it']);
  });
});

describe('routers of Traefik', () => {
  const host = 'Host(`a.example`)';

  it('have ports by their entry points, and TLS', async () => {
    const { web, said } = await readWeb(
      router(
        host,
        'routers.r.entrypoints=web',
        'routers.s.rule=Host(`b.example`)',
        'routers.s.entrypoints=websecure',
        'routers.s.tls=true',
      ),
    );
    expect(withoutOrigin(web.routes)).toEqual([
      { ...plainRoute, host: 'a.example' },
      { ...plainRoute, host: 'b.example', port: 443, tls: true },
      { ...plainRoute, host: 'b.example', rules: { httpsRedirect: { port: 443 } } },
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
    const { web, said } = await readWeb(text);
    expect(withoutOrigin(web.routes)).toEqual([
      { ...plainRoute, host: 'a.example', port: 443, tls: true, rules: { hsts: 'max-age=31536000' } },
    ]);
    expect(said).toEqual([]);
  });

  it('get TLS where the file has it and no label speaks of it', async () => {
    const { web } = await readWeb(router(host).replace('image: x', 'image: x\n    x-berth: {tls: internal}'));
    expect(web.routes.map(({ port, tls }) => [port, tls])).toEqual([
      [443, true],
      [80, false],
    ]);
  });

  it('are not made where their port or service is described elsewhere', async () => {
    const { web, said } = await readWeb(
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
    const { web, said } = await readWeb(
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
    const { web } = await readWeb(
      labelled(
        'traefik.tcp.routers.db.rule=HostSNI(`db.example`)',
        'traefik.tcp.routers.db.entrypoints=websecure',
        'traefik.tcp.routers.db.tls.passthrough=true',
        'traefik.tcp.services.db.loadbalancer.server.port=5432',
        'traefik.tcp.services.db.loadbalancer.proxyprotocol.version=2',
      ),
    );
    expect(withoutOrigin(web.routes)).toEqual([{ ...plainRoute, mode: 'tcp', host: 'db.example', port: 443, target: 5432 }]);
    expect(web).toMatchObject({ protocol: 'tcp', sendProxy: 'v2' });
  });

  it('let in to a port whom a middleware names', async () => {
    const { web, said } = await readWeb(
      labelled(
        'traefik.tcp.routers.db.rule=HostSNI(`*`)',
        'traefik.tcp.routers.db.middlewares=office@docker',
        'traefik.tcp.middlewares.office.ipallowlist.sourcerange=10.0.0.0/8',
      ),
    );
    expect(withoutOrigin(web.routes)).toEqual([{ ...plainRoute, mode: 'tcp', rules: { allow: ['10.0.0.0/8'] } }]);
    expect(said).toEqual([]);
  });

  it('are not made where a middleware of TCP is not known', async () => {
    const { web, said } = await readWeb(
      labelled(
        'traefik.tcp.routers.db.rule=HostSNI(`*`)',
        'traefik.tcp.routers.db.middlewares=gate',
        'traefik.tcp.middlewares.gate.plugin.gate.secret=x',
      ),
    );
    expect(web.routes).toEqual([]);
    expect(said).toEqual([
      '6 `traefik.tcp.routers.db.middlewares`: the middleware `gate` is of a kind that berth does not have (`plugin`); no route is made without it',
    ]);
  });

  it('are read in any case, from `deploy.labels` too, and not where Traefik is switched off', async () => {
    const { web } = await readWeb('services: {web: {image: x, deploy: {labels: {Traefik.HTTP.Routers.A.Rule: "Host(`a.example`)"}}}}\n');
    expect(web.routes).toMatchObject([{ host: 'a.example' }]);
    expect((await readWeb(labelled('traefik.enable=false', 'traefik.http.routers.r.rule=Host(`a.example`)'))).web.routes).toEqual([]);
  });
});
