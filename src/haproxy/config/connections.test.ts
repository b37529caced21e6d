import { expect, test } from 'vitest';
import type { Backend, Listener } from '../../model/index.ts';
import { renderConfig } from './render.ts';

const backend = (name: string, over: Partial<Backend> = {}): Backend => ({
  name,
  app: 'shop',
  service: 'web',
  mode: 'tcp',
  check: { kind: 'tcp' },
  servers: [],
  ...over,
});
const lines = (listener: Partial<Listener>, over: Partial<Backend> = {}): string[] =>
  renderConfig(
    { listeners: [{ address: '', port: 993, mode: 'tcp', rules: [], ...listener }], backends: [backend('mail', over), backend('rest')] },
    { role: 'edge', ipv6: false, owner: { uid: 0, gid: 0 } },
  )
    .split('\n')
    .filter((line) => /^ {2}(tcp-request|acl|use_backend|default_backend|timeout tunnel \d+ms)/.test(line));
const mail = { host: '*.Mail.test', path: '/', service: 'web', backend: 'mail' };

test('a port without anything said of it is passed on as it is', () => {
  expect(lines({ fallback: 'rest' })).toEqual(['  default_backend rest']);
});

test('one decision says who takes a connection and who may have it', () => {
  expect(lines({ rules: [{ ...mail, rules: { deny: ['10.0.0.0/8'] } }], fallback: 'rest', fallbackRules: { allow: ['::1'] } })).toEqual([
    '  tcp-request inspect-delay 5s',
    '  tcp-request content set-var(txn.berth_host) req.ssl_sni,lower if { req.ssl_hello_type 1 }',
    `  tcp-request content set-var(txn.berth_route) 'str("*.mail.test:993")' if !{ var(txn.berth_route) -m found } { var(txn.berth_host) -m end .mail.test }`,
    `  tcp-request content set-var(txn.berth_route) 'str(":993")' if !{ var(txn.berth_route) -m found }`,
    "  acl route_0 var(txn.berth_route) -m str '*.mail.test:993'",
    "  acl route_1 var(txn.berth_route) -m str ':993'",
    '  acl route_0_denied src 10.0.0.0/8',
    '  tcp-request content reject if route_0 route_0_denied',
    '  acl route_1_allowed src ::1',
    '  tcp-request content reject if route_1 !route_1_allowed',
    '  use_backend mail if route_0',
    '  default_backend rest',
  ]);
});

test('the name is that of the handshake that ended here', () => {
  expect(lines({ rules: [mail], tls: { certificates: [] } })[0]).toBe('  tcp-request content set-var(txn.berth_host) ssl_fc_sni,lower');
});

test('a name without a backend is closed', () => {
  expect(lines({ rules: [{ ...mail, backend: undefined }], fallback: 'rest' }).slice(-2)).toEqual([
    '  tcp-request content reject if route_0',
    '  default_backend rest',
  ]);
});

test('a backend says how long a connection may be silent', () => {
  expect(lines({ fallback: 'rest' }, { idleMs: 90_000 })).toContain('  timeout tunnel 90000ms');
});
