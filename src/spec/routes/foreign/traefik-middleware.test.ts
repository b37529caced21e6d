import { describe, expect, it } from 'vitest';
import { labelled, passwordHash, readWeb } from '../../../../test/fakes/foreign-labels.ts';

const router = (rule: string, ...more: readonly string[]): string =>
  labelled(`traefik.http.routers.r.rule=${rule}`, ...more.map((label) => `traefik.http.${label}`));

describe('middlewares of Traefik', () => {
  const applied = (rule: string, ...labels: readonly string[]) =>
    readWeb(router(rule, 'routers.r.middlewares=m', ...labels.map((label) => `middlewares.m.${label}`)));

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
      [`basicauth.users=ann:${passwordHash}`, 'basicauth.removeheader=true'],
      { basicAuth: { ann: passwordHash }, requestHeaders: { set: {}, remove: ['Authorization'] } },
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
    ['a slow hash', [`basicauth.users=ann:${passwordHash.replace('$05$', '$14$')}`], 'takes the proxy longer than 200 ms'],
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

  it('say the one thing to mend where no route is made, and nothing of the labels beside it', async () => {
    const { web, said } = await readWeb(
      router(
        'Host(`a.example`)',
        'routers.r.middlewares=auth,h',
        'middlewares.auth.basicauth.users=ann:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/',
        'middlewares.h.headers.customrequestheaders.X-A=b',
      ),
    );
    expect(web.routes).toEqual([]);
    expect(said).toEqual([
      "6 `traefik.http.routers.r.middlewares`: the middleware `auth` has a user whose password is hashed in Apache's own way (`$apr1$`), which the proxy does not know; no route is made without it",
    ]);
  });

  it('add up, also in a chain', async () => {
    const { web, said } = await readWeb(
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
    expect((await readWeb(router('Host(`a.example`)', 'routers.r.middlewares=auth@file'))).said).toEqual([
      '6 `traefik.http.routers.r.middlewares`: the middleware `auth@file` is described outside of this file (`@file`); no route is made without it',
    ]);
    const { web, said } = await applied('Host(`a.example`)', 'retry.attempts=4');
    expect(web.routes).toHaveLength(1);
    expect(said).toEqual(['7 `traefik.http.middlewares.m.retry.attempts` has no effect']);
  });

  it('are known whichever service of the file describes them', async () => {
    const users = `ann:${passwordHash.replaceAll('$', '$$$$')}`;
    const { web, said } = await readWeb(`services:
  web:
    image: x
    labels:
      - 'traefik.http.routers.r.rule=Host(\`a.example\`)'
      - 'traefik.http.routers.r.middlewares=both@docker'
  other:
    image: x
    labels:
      - 'traefik.http.middlewares.both.chain.middlewares=auth,zip'
      - 'traefik.http.middlewares.auth.basicauth.users=${users}'
      - 'traefik.http.middlewares.zip.compress=true'
`);
    expect(web.routes.map((route) => route.rules)).toEqual([{ basicAuth: { ann: passwordHash }, compress: true }]);
    expect(said).toEqual([]);
  });
});
