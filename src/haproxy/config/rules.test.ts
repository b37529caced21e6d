import { describe, expect, test } from 'vitest';
import type { Backend, Listener, ProxyConfig, ProxyServer, RouteRules, Rule } from '../../model/index.ts';
import type { RenderOptions } from './options.ts';
import { render, renderConfig } from './render.ts';

const options: RenderOptions = { role: 'edge', ipv6: false, owner: { uid: 0, gid: 0 } };
const server: ProxyServer = { name: 'w1', address: '10.0.0.1', port: 80, weight: 100, state: 'ready' };
const web: Backend = { name: 'web', app: 'shop', service: 'web', mode: 'http', check: { kind: 'http', path: '/' }, servers: [server] };

const configOf = (rule: Partial<Rule>, backend: Partial<Backend> = {}, listener: Partial<Listener> = {}): ProxyConfig => ({
  listeners: [{ address: '', port: 80, mode: 'http', rules: [{ path: '/', service: 'web', backend: 'web', ...rule }], ...listener }],
  backends: [{ ...web, ...backend }],
});
const withRules = (rules: RouteRules): ProxyConfig => configOf({ rules });
const linesOf = (config: ProxyConfig, part: string): string[] =>
  renderConfig(config, options)
    .split('\n')
    .filter((line) => line.includes(part));

describe('refuses what could be read as something else', () => {
  const changes = (set: Record<string, string>): RouteRules => ({ requestHeaders: { set, remove: [] } });
  test.each<[string, RouteRules]>([
    ['a header with a line break', changes({ 'X-A': 'a\r\nX-B: b' })],
    ['a header name with a space', changes({ 'X A': 'a' })],
    ['a header that says where a body ends', changes({ 'Transfer-Encoding': 'chunked' })],
    ['a user that begins a line', { basicAuth: { 'a\n  user b': '$5$abcdefgh$xxxxxxxxxxx' } }],
    ['a password that is no hash', { basicAuth: { a: 'secret' } }],
    ['an address that is a name', { allow: ['localhost'] }],
    ['a network that is too long', { deny: ['10.0.0.0/33'] }],
    ['a network with more behind it', { deny: ['10.0.0.0/8 or TRUE'] }],
    ['a page that HAProxy cannot send', { maintenance: { page: 'x'.repeat(20_000) } }],
    ['a page with a zero', { maintenance: { page: 'a\0b' } }],
    ['a path to rewrite to with a space', { rewrite: '/a b' }],
    ['a place with a control character', { redirect: { to: 'https://a\u0007', code: 301 } }],
  ])('%s', (_what, rules) => {
    expect(() => renderConfig(withRules(rules), options)).toThrow(expect.objectContaining({ code: 'EDGE_FAILED' }));
  });
  test.each([['/a%0ab'], ['/a%22b'], ['/a%5Cb'], ['/%ff']])('the path %s', (path) => {
    expect(() => renderConfig(configOf({ path }), options)).toThrow(expect.objectContaining({ code: 'EDGE_FAILED' }));
  });
  test('never shows a password', () => {
    expect(() => renderConfig(withRules({ basicAuth: { a: 'my-secret' } }), options)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('my-secret') }),
    );
  });
});

test('values stand for nothing but themselves', () => {
  const value = `it's "100%" %[src] $HOME \\n #`;
  expect(linesOf(withRules({ responseHeaders: { set: { 'X-A': value }, remove: [] } }), 'X-A')).toEqual([
    String.raw`  http-after-response set-header 'X-A' 'it'\''s "100%%" %%[src] $HOME \n #' if route_0`,
  ]);
});

test('of two rules for one place the first is taken', () => {
  const listener = { rules: [web.name, 'other'].map((backend) => ({ path: '/a', service: 'web', backend })) };
  expect(linesOf(configOf({}, {}, listener), 'use_backend')).toEqual(['  use_backend web if route_0']);
});

test('many networks take several lines, for HAProxy takes 64 words each', () => {
  const allow = Array.from({ length: 100 }, (_, n) => `10.${n}.0.0/16`);
  expect(linesOf(withRules({ allow }), 'acl route_0_allowed')).toHaveLength(4);
});

test('counters and users are the same ones on every port', () => {
  const rules: RouteRules = { rateLimit: { requests: 1, perMs: 1000 }, basicAuth: { a: '$5$abcdefgh$xxxxxxxxxxx' } };
  const one = withRules(rules);
  const two = { ...one, listeners: [...one.listeners, ...one.listeners.map((l) => ({ ...l, port: 81 }))] };
  expect(linesOf(two, '  table rate_')).toEqual(linesOf(one, '  table rate_'));
  expect(linesOf(two, 'userlist ')).toHaveLength(1);
  const other = withRules({ ...rules, rateLimit: { requests: 9, perMs: 1000 } });
  expect(linesOf(other, '  table rate_')).toEqual(linesOf(one, '  table rate_'));
  expect(linesOf(configOf({}), 'peers')).toEqual([]);
});

test('browsers are told HSTS only over TLS', () => {
  const rules: RouteRules = { hsts: 'max-age=1' };
  expect(linesOf(withRules(rules), 'Strict-Transport-Security')).toEqual([]);
  expect(linesOf(configOf({ rules }, {}, { port: 443, tls: { certificates: [] } }), 'Strict-Transport-Security')).toHaveLength(1);
});

describe('servers', () => {
  const words = (over: Partial<ProxyServer>, backend: Partial<Backend> = {}): string =>
    linesOf(configOf({}, { ...backend, servers: [{ ...server, ...over }] }), '  server w1').join('\n');
  const usual = '  server w1 10.0.0.1:80 weight 100 check inter 1s fall 2 rise 1 pool-purge-delay 200ms';
  test.each<[string, string, string]>([
    ['HTTP/2', words({ h2: true }, { h2: true }), `${usual} proto h2 check-proto h2`],
    ['HTTP/2 with a check of TCP', words({ h2: true }, { check: { kind: 'tcp' } }), `${usual} proto h2`],
    ['PROXY', words({ sendProxy: 'v1' }), `${usual} send-proxy check-send-proxy`],
    ['PROXY v2', words({ sendProxy: 'v2' }), `${usual} send-proxy-v2 check-send-proxy`],
  ])('are spoken to with %s', (_what, text, expected) => {
    expect(text).toBe(expected);
  });
  test('leave their clients to others when they drain', () => {
    expect(words({}, { sticky: { cookie: 'c' } })).toMatch(/ cookie [0-9a-f]{16}$/);
    expect(words({ state: 'drain' }, { sticky: { cookie: 'c' } })).toMatch(/ weight 0 .* cookie [0-9a-f]{16} disabled$/);
  });
});

describe('how servers are spoken to', () => {
  const hash = (backend: Partial<Backend>): string => render(configOf({}, backend), options).staticHash;
  const h2 = { ...server, h2: true };
  test('is no reload where a backend says it and servers come and go', () => {
    expect(hash({ h2: true, servers: [] })).toBe(hash({ h2: true, servers: [h2, { ...h2, name: 'w2' }] }));
  });
  test('is a reload where it changes, and when the last of the others went', () => {
    const hashes = [
      hash({ servers: [server] }),
      hash({ h2: true, servers: [server] }),
      hash({ h2: true, servers: [h2] }),
      hash({ sendProxy: 'v2' }),
      hash({ sticky: { cookie: 'c' } }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hash({ h2: true, servers: [server, h2] })).toBe(hash({ h2: true, servers: [server] }));
  });
});
