import { describe, expect, test } from 'vitest';
import type { AppEdge, Backend, Listener } from '../model/index.ts';
import { addServer, openService, setMaintenance, settleService } from './edge.ts';
import { findConflicts } from './edge-conflicts.ts';
import { mergeEdges } from './edge-merge.ts';

const certificate = (id: string) => ({ id, fingerprint: id, hosts: [`${id}.test`] });

/** An app with a route of its own on port 443. */
function secure(app: string, over: Partial<Listener> & { clientCa?: string; ids?: readonly string[] } = {}): AppEdge {
  const { clientCa, ids = [app], ...listener } = over;
  const rules = [{ host: `${app}.test`, path: '/', service: 'web', backend: `${app}.web.routes` }];
  const tls = { certificates: ids.map(certificate), clientCa };
  return { app, listeners: [{ address: '', port: 443, mode: 'http', rules, tls, ...listener }], backends: [] };
}

test('apps share a port with the certificates of all', () => {
  const { listeners } = mergeEdges([secure('a'), secure('b', { ids: ['b', 'a'] })]);
  expect(listeners).toHaveLength(1);
  expect(listeners[0]?.tls?.certificates.map((c) => c.id)).toEqual(['a', 'b']);
  expect(listeners[0]?.rules.map((r) => r.host)).toEqual(['a.test', 'b.test']);
  expect(findConflicts([secure('a'), secure('b')])).toEqual([]);
});

describe('client certificates', () => {
  test('of one authority can be demanded by all on a port', () => {
    const both = [secure('a', { clientCa: 'CA' }), secure('b', { clientCa: 'CA' })];
    expect(findConflicts(both)).toEqual([]);
    expect(mergeEdges(both).listeners[0]?.tls?.clientCa).toBe('CA');
  });
  test.each([
    ['of two authorities', 'CA', 'other'],
    ['by one only', 'CA', undefined],
  ])('cannot be demanded %s on one port', (_what, one, two) => {
    const [first, second] = [secure('a', { clientCa: one }), secure('b', two === undefined ? {} : { clientCa: two })];
    expect(findConflicts([first, second])).toMatchObject([
      { first: { app: 'a' }, second: { app: 'b' }, what: expect.stringContaining('port 443') },
    ]);
    expect(findConflicts([first, { ...second, listeners: second.listeners.map((l) => ({ ...l, port: 8443 })) }])).toEqual([]);
  });
});

const backend = (app: string, over: Partial<Backend> = {}): Backend => ({
  name: `${app}.web.routes`,
  app,
  service: 'web',
  mode: 'http',
  check: { kind: 'tcp' },
  servers: [],
  ...over,
});
const edge = (app: string, listener: Partial<Listener>, over: Partial<Backend> = {}): AppEdge => ({
  app,
  listeners: [{ address: '', port: 443, mode: 'http', rules: [], ...listener }],
  backends: [backend(app, over)],
});
const ruled = (app: string, host: string | undefined, over: Partial<Listener> = {}): AppEdge =>
  edge(app, { rules: [{ host, path: '/', service: 'web', backend: `${app}.web.routes` }], ...over });
const tls = (id: string): Pick<Listener, 'tls'> => ({ tls: { certificates: [certificate(id)] } });

describe('listeners of several apps', () => {
  test('trust the proxies that any of them trusts', () => {
    const [one] = mergeEdges([
      ruled('a', 'a.test', { ...tls('x'), trustedProxies: ['10.0.0.1'] }),
      ruled('b', 'b.test', tls('x')),
      ruled('c', 'c.test', { ...tls('y'), trustedProxies: ['10.0.0.1', '10.0.0.2'] }),
    ]).listeners;
    expect(one?.trustedProxies).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(one?.rules).toHaveLength(3);
  });

  test.each<[string, AppEdge, AppEdge]>([
    ['TLS and none', ruled('a', 'a.test', tls('x')), ruled('b', 'b.test')],
    ['HTTP and TCP', ruled('a', 'a.test'), ruled('b', 'b.test', { mode: 'tcp' })],
    ['a PROXY header and none', ruled('a', 'a.test', { acceptProxy: true }), ruled('b', 'b.test')],
    ['a whole port and a route of every host', edge('a', { fallback: 'a.web.routes' }), ruled('b', undefined)],
    ['one address of it and all', edge('a', { fallback: 'a.web.routes' }), edge('b', { address: '127.0.0.1', fallback: 'b.web.routes' })],
    ['one name of TCP', ruled('a', 'a.test', { mode: 'tcp' }), ruled('b', 'a.test', { mode: 'tcp' })],
  ])('cannot have one port for %s', (_what, a, b) => {
    expect(findConflicts([a, b])).toMatchObject([{ first: { app: 'a' }, second: { app: 'b' } }]);
  });

  test('can have one port on two addresses, and beside a route of one host', () => {
    const on = (app: string, address: string): AppEdge => edge(app, { address, fallback: `${app}.web.routes` });
    expect(findConflicts([on('a', '127.0.0.1'), on('b', '127.0.0.2')])).toEqual([]);
    expect(findConflicts([on('a', ''), ruled('b', 'b.test')])).toEqual([]);
  });

  test('can share a port of TCP by name', () => {
    expect(findConflicts([ruled('a', 'a.test', { mode: 'tcp' }), ruled('b', 'b.test', { mode: 'tcp' })])).toEqual([]);
  });
});

describe('maintenance', () => {
  const on = (app: AppEdge): AppEdge => setMaintenance(app, ['web'], { page: 'soon' });

  test('is a rule of every rule of the service, and of nobody else', () => {
    const [one] = mergeEdges([on(ruled('a', 'a.test')), ruled('b', 'b.test')]).listeners;
    expect(one?.rules.map((r) => [r.host, r.rules])).toEqual([
      ['a.test', { maintenance: { page: 'soon' } }],
      ['b.test', undefined],
    ]);
  });

  test('takes a whole port, after the rules of others on it', () => {
    const whole = on(edge('a', { fallback: 'a.web.routes' }));
    const [one] = mergeEdges([whole, ruled('b', 'b.test')]).listeners;
    expect(one?.rules.map((r) => [r.host, r.path, r.rules?.maintenance?.page])).toEqual([
      ['b.test', '/', undefined],
      [undefined, '/', 'soon'],
    ]);
  });

  test('closes TCP', () => {
    const [one] = mergeEdges([on(edge('a', { mode: 'tcp', fallback: 'a.web.routes' }, { mode: 'tcp' }))]).listeners;
    expect(one).toMatchObject({ rules: [], fallback: undefined });
  });

  test('closes a name of TCP, which nobody else on the port gets', () => {
    const rest = edge('b', { mode: 'tcp', fallback: 'b.web.routes', fallbackRules: { deny: ['::1'] } }, { mode: 'tcp' });
    const [one] = mergeEdges([on(ruled('a', 'a.test', { mode: 'tcp' })), rest]).listeners;
    expect(one).toMatchObject({
      rules: [{ host: 'a.test', app: 'a', service: 'web' }],
      fallback: 'b.web.routes',
      fallbackRules: { deny: ['::1'] },
    });
    expect(one?.rules[0]?.backend).toBeUndefined();
  });

  test('outlives a rollout, and ends without a trace', () => {
    const before = on(ruled('a', 'a.test'));
    const wanted = { listeners: before.listeners, backends: before.backends, targets: {} };
    for (const change of [openService, settleService]) {
      expect(change(before, 'a', 'web', wanted).maintenance).toEqual({ web: { page: 'soon' } });
    }
    expect(setMaintenance(before, ['web'], undefined)).toEqual(ruled('a', 'a.test'));
  });
});

test('speaks to each instance as its own release wants, until only the new ones are left', () => {
  const old = { listeners: [], backends: [backend('a')], targets: { 'a.web.routes': 3000 } };
  const next = { ...old, backends: [backend('a', { h2: true, sendProxy: 'v2', check: { kind: 'http', path: '/' } })] };
  const add = (to: AppEdge, instance: string, targets: Readonly<Record<string, number>>): AppEdge =>
    addServer(to, { service: 'web', instance, address: '10.0.0.2', targets });
  const before = add(openService(undefined, 'a', 'web', old), 'old', old.targets);
  const open = add(openService(before, 'a', 'web', next), 'new', next.targets);
  expect(open.backends[0]).toMatchObject({
    check: { kind: 'tcp' },
    servers: [{ name: 'old' }, { name: 'new', h2: true, sendProxy: 'v2' }],
  });
  expect(open.backends[0]?.servers[0]).not.toHaveProperty('h2');
  expect(settleService(open, 'a', 'web', next).backends[0]?.servers).toMatchObject([{ h2: true, sendProxy: 'v2' }, { h2: true }]);
  expect(settleService(open, 'a', 'web', old).backends[0]?.servers[1]).not.toHaveProperty('h2');
});
