import { describe, expect, test } from 'vitest';
import type { Backend, ProxyConfig } from '../../model/index.ts';
import { boundBy } from './binds.ts';
import type { RenderOptions } from './options.ts';
import { render, renderConfig } from './render.ts';

const options: RenderOptions = { role: 'edge', ipv6: true, owner: { uid: 0, gid: 0 } };

const web: Backend = {
  name: 'shop.web.8080',
  app: 'shop',
  service: 'web',
  mode: 'http',
  check: { kind: 'http', path: '/healthz' },
  servers: [
    { name: 'shop-web-1', address: '10.1.0.10', port: 3000, weight: 100, state: 'ready' },
    { name: 'shop-web-2', address: '10.1.0.11', port: 3000, weight: 100, state: 'drain' },
  ],
};
const db: Backend = {
  name: 'shop.db.5432',
  app: 'shop',
  service: 'db',
  mode: 'tcp',
  check: { kind: 'tcp' },
  servers: [{ name: 'shop-db-1', address: 'fd00::5', port: 5432, weight: 7, state: 'ready' }],
};
const config: ProxyConfig = {
  listeners: [
    { address: '', port: 8080, mode: 'http', rules: [], fallback: 'shop.web.8080' },
    {
      address: '127.0.0.1',
      port: 80,
      mode: 'http',
      rules: [
        { host: 'Shop.example.com', path: '/api', service: 'web', backend: 'shop.web.8080' },
        { host: '*.example.com', path: '/', service: 'web', backend: 'shop.web.8080' },
      ],
    },
    { address: '', port: 5432, mode: 'tcp', rules: [], fallback: 'shop.db.5432' },
  ],
  backends: [web, db],
};

/** What follows the settings that are the same for everyone. */
const changing = (text: string): string => text.slice(text.indexOf('frontend ')).split('backend berth.none from')[0] ?? '';

test('renders listeners, rules, checks and servers', () => {
  expect(changing(renderConfig(config, options))).toBe(`frontend in_8080_any from http
  bind 0.0.0.0:8080
  bind :::8080 v6only
  http-after-response set-header Keep-Alive timeout=8 unless { status 101 }
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.fhdr(host)] if { req.fhdr(host) -m found }
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Real-IP %[src]
  http-request del-header Forwarded
  http-request del-header Proxy
  http-request del-header X-SSL-Client- -m beg
  default_backend shop.web.8080
frontend in_80_127.0.0.1 from http
  bind 127.0.0.1:80
  http-after-response set-header Keep-Alive timeout=8 unless { status 101 }
  http-request set-var(txn.berth_host) req.fhdr(host),host_only,rtrim(.),lower
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.fhdr(host)] if { req.fhdr(host) -m found }
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Real-IP %[src]
  http-request del-header Forwarded
  http-request del-header Proxy
  http-request del-header X-SSL-Client- -m beg
  http-request set-var(txn.berth_path) path
  http-request set-var(txn.berth_uri) pathq if { path -m reg '%|//|/[.]' }
  acl odd_path var(txn.berth_uri) -m found
  http-request set-path '%[path,regsub("%3[fF]",_,g),url_dec]' if odd_path
  http-request normalize-uri path-strip-dot if odd_path
  http-request normalize-uri path-strip-dotdot full if odd_path
  http-request normalize-uri path-merge-slashes if odd_path
  http-request set-var(txn.berth_path) path if odd_path
  http-request set-pathq %[var(txn.berth_uri)] if odd_path
  http-request set-var(txn.berth_route) 'str("shop.example.com/api")' if !{ var(txn.berth_route) -m found } { var(txn.berth_host) -m str shop.example.com } { var(txn.berth_path) -m str '/api' } or !{ var(txn.berth_route) -m found } { var(txn.berth_host) -m str shop.example.com } { var(txn.berth_path) -m beg '/api/' }
  http-request set-var(txn.berth_route) 'str("*.example.com/")' if !{ var(txn.berth_route) -m found } { var(txn.berth_host) -m end .example.com }
  acl route_0 var(txn.berth_route) -m str 'shop.example.com/api'
  acl route_1 var(txn.berth_route) -m str '*.example.com/'
  use_backend shop.web.8080 if route_0
  use_backend shop.web.8080 if route_1
  default_backend berth.none
frontend in_5432_any from tcp
  bind 0.0.0.0:5432
  bind :::5432 v6only
  default_backend shop.db.5432
backend shop.web.8080 from http
  option httpchk
  http-check send meth GET uri '/healthz' ver HTTP/1.1 hdr Host localhost hdr User-Agent berth-check hdr Connection close
  http-check expect status 200-399
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
  server shop-web-1 10.1.0.10:3000 weight 100 check inter 1s fall 2 rise 1 pool-purge-delay 200ms
  server shop-web-2 10.1.0.11:3000 weight 0 check inter 1s fall 2 rise 1 pool-purge-delay 200ms
backend shop.db.5432 from tcp
  server shop-db-1 [fd00::5]:5432 weight 7 check inter 1s fall 2 rise 1
`);
});

test('has what a reload without loss needs', () => {
  const text = renderConfig(config, options);
  for (const line of ['option idle-close-on-response', 'timeout http-keep-alive 10s', 'timeout http-request 10s', 'expose-fd listeners']) {
    expect(text).toContain(line);
  }
  expect(boundBy(text)).toEqual(new Set(['0.0.0.0:8080', ':::8080 v6only', '127.0.0.1:80', '0.0.0.0:5432', ':::5432 v6only']));
});

describe('the hash of the static part', () => {
  const hash = (c: ProxyConfig, o = options): string => render(c, o).staticHash;
  test.each([
    ['a server', { ...config, backends: [{ ...web, servers: [] }, db] }],
    ['a weight', { ...config, backends: [{ ...web, servers: web.servers.map((s) => ({ ...s, weight: 1 })) }, db] }],
  ])('stays with %s', (_what, other) => {
    expect(hash(other)).toBe(hash(config));
    expect(render(other, options).hash).not.toBe(render(config, options).hash);
  });
  test.each<[string, ProxyConfig, RenderOptions]>([
    ['a check', { ...config, backends: [{ ...web, check: { kind: 'tcp' } }, db] }, options],
    ['a listener', { ...config, listeners: config.listeners.slice(1) }, options],
    ['IPv6', config, { ...options, ipv6: false }],
    ['an access log', config, { ...options, accessLog: '/run/berth/log.sock' }],
  ])('changes with %s', (_what, other, o) => {
    expect(hash(other, o)).not.toBe(hash(config));
  });
});

describe('refuses what could be read as something else', () => {
  const listener = config.listeners[1] ?? { address: '', port: 1, mode: 'http', rules: [] };
  const rule = (over: object): ProxyConfig => ({
    ...config,
    listeners: [{ ...listener, rules: [{ path: '/', service: 'web', backend: web.name, ...over }] }],
  });
  const server = (over: object): ProxyConfig => ({
    ...config,
    backends: [{ ...web, servers: web.servers.map((s) => ({ ...s, ...over })) }],
  });
  test.each<[string, ProxyConfig]>([
    ['a host with a space', rule({ host: 'a b' })],
    ['a host with a brace', rule({ host: 'a}' })],
    ['a host that ends the line', rule({ host: 'a\nuser root' })],
    ['a host that is only a star', rule({ host: '*.' })],
    ['a path with a space', rule({ path: '/a b' })],
    ['a path that ends the line', rule({ path: '/a\n' })],
    ['a path with a quote of the other kind', rule({ path: '/a"' })],
    ['a path without its slash', rule({ path: 'a' })],
    ['a backend name', rule({ backend: 'x if TRUE' })],
    ['a server name', server({ name: 'a;show info' })],
    ['an address', server({ address: 'localhost' })],
    ['a port', server({ port: 70_000 })],
    ['a weight', server({ weight: 257 })],
    ['a listener address', { ...config, listeners: [{ ...listener, address: '0.0.0.0:1 ssl' }] }],
    ['a check host', { ...config, backends: [{ ...web, check: { kind: 'http', path: '/', host: 'x hdr y' } }] }],
  ])('%s', (_what, bad) => {
    expect(() => renderConfig(bad, options)).toThrow(expect.objectContaining({ code: 'EDGE_FAILED' }));
  });
  test('a quote in a path is quoted', () => {
    expect(renderConfig(rule({ path: "/it's" }), options)).toContain(String.raw`{ var(txn.berth_path) -m str '/it'\''s' }`);
  });
});
