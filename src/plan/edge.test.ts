import { describe, expect, it } from 'vitest';
import type { AppEdge, Service } from '../model/index.ts';
import { web } from '../../test/fakes/world.ts';
import { addServer, drainServer, forgetService, isSettled, openService, removeServer, serversOf, settleService } from './edge.ts';
import { findConflicts } from './edge-conflicts.ts';
import { mergeEdges } from './edge-merge.ts';
import { serviceEdge } from './edge-service.ts';
import type { DesiredService } from './desired.ts';

const check = { kind: 'http', path: '/healthz' } as const;

function wanted(s: Service, port: number | undefined = 3000) {
  const probe = { check, intervalMs: 1000, timeoutMs: 2000, successes: 2, withinMs: 60_000 };
  const d: DesiredService = {
    service: s,
    replicas: 1,
    config: 'c',
    probe,
    port,
    tcpPorts: [3000],
    internal: { kind: 'dns', why: '' },
    isJob: false,
    anonymousVolumes: [],
    force: false,
  };
  return serviceEdge({ app: 'shop', s: d, protocol: 'http', check, certificates: [] });
}

const add = (edge: AppEdge, instance: string, targets: Readonly<Record<string, number>>): AppEdge =>
  addServer(edge, { service: 'web', instance, address: '10.0.0.2', targets });

describe('serviceEdge', () => {
  it('gives every published TCP port a backend, and named routes one on port 80', () => {
    const s = web({
      ports: [
        { target: 3000, published: 8080 },
        { target: 9000, published: 9000, hostIp: '127.0.0.1' },
        { target: 53, published: 53, protocol: 'udp' },
      ],
      routes: [{ host: 'Shop.Example.com' }],
    });
    const { listeners, backends, targets } = wanted(s);
    expect(listeners).toEqual([
      { address: '', port: 8080, mode: 'http', rules: [], fallback: 'shop.web.8080' },
      { address: '127.0.0.1', port: 9000, mode: 'tcp', rules: [], fallback: 'shop.web.127_0_0_1_9000' },
      {
        address: '',
        port: 80,
        mode: 'http',
        rules: [{ host: 'shop.example.com', path: '/', service: 'web', backend: 'shop.web.routes' }],
        fallback: undefined,
      },
    ]);
    expect(backends.map((b) => [b.name, b.mode, b.check.kind])).toEqual([
      ['shop.web.8080', 'http', 'http'],
      ['shop.web.127_0_0_1_9000', 'tcp', 'tcp'],
      ['shop.web.routes', 'http', 'http'],
    ]);
    expect(targets).toEqual({ 'shop.web.8080': 3000, 'shop.web.127_0_0_1_9000': 9000, 'shop.web.routes': 3000 });
  });
});

describe('a service on the edge', () => {
  const first = wanted(web());

  it('adds, drains and removes an instance in every backend', () => {
    let edge = add(openService(undefined, 'shop', 'web', first), 'web-1', first.targets);
    expect(serversOf(edge, 'web', 'ready')).toEqual(['web-1']);
    edge = drainServer(edge, 'web', 'web-1');
    expect(serversOf(edge, 'web', 'drain')).toEqual(['web-1']);
    expect(serversOf(removeServer(edge, 'web', 'web-1'), 'web', 'drain')).toEqual([]);
  });

  it('lets old instances serve a new port until they are gone, and drops the old port only then', () => {
    const before = add(openService(undefined, 'shop', 'web', first), 'web-1', first.targets);
    const next = wanted(web({ ports: [{ target: 3000, published: 9090 }] }));
    expect(isSettled(before, 'web', next)).toBe(false);
    const open = openService(before, 'shop', 'web', next);
    expect(open.listeners.map((l) => l.port).toSorted((a, b) => a - b)).toEqual([8080, 9090]);
    expect(open.backends.find((b) => b.name === 'shop.web.9090')?.servers.map((s) => s.name)).toEqual(['web-1']);
    const settled = settleService(open, 'shop', 'web', next);
    expect(settled.listeners.map((l) => l.port)).toEqual([9090]);
    expect(isSettled(settled, 'web', next)).toBe(true);
  });

  it('does not ask old instances a check that only the new release knows', () => {
    const before = add(openService(undefined, 'shop', 'web', first), 'web-1', first.targets);
    const next = { ...first, backends: first.backends.map((b) => ({ ...b, check: { kind: 'http' as const, path: '/new' } })) };
    expect(openService(before, 'shop', 'web', next).backends[0]?.check).toEqual({ kind: 'tcp' });
    expect(settleService(before, 'shop', 'web', next).backends[0]?.check).toEqual({ kind: 'http', path: '/new' });
  });

  it('is forgotten whole', () => {
    expect(forgetService(openService(undefined, 'shop', 'web', first), 'web')).toEqual({ app: 'shop', listeners: [], backends: [] });
  });
});

describe('mergeEdges and findConflicts', () => {
  const named = (app: string, host: string | undefined, path = '/'): AppEdge => ({
    app,
    listeners: [
      { address: '', port: 80, mode: 'http', rules: [{ host, path, service: 'web', backend: `${app}.web.routes` }], fallback: undefined },
    ],
    backends: [{ name: `${app}.web.routes`, app, service: 'web', mode: 'http', check: { kind: 'tcp' }, servers: [] }],
  });

  it('joins apps on one port, the most specific rule first', () => {
    const { listeners } = mergeEdges([
      named('a', undefined),
      named('b', '*.example.com'),
      named('c', 'x.example.com'),
      named('d', 'x.example.com', '/api'),
    ]);
    expect(listeners).toHaveLength(1);
    expect(listeners[0]?.rules.map((r) => r.backend)).toEqual(['d.web.routes', 'c.web.routes', 'b.web.routes', 'a.web.routes']);
  });

  it('finds a route that two apps claim, and names both', () => {
    expect(findConflicts([named('a', 'x.example.com'), named('b', 'x.example.com')])).toMatchObject([
      { what: 'x.example.com/ on port 80', port: 80, first: { app: 'a', service: 'web' }, second: { app: 'b', service: 'web' } },
    ]);
    expect(findConflicts([named('a', 'x.example.com'), named('b', 'y.example.com')])).toEqual([]);
  });

  it('finds a whole port that two want, also in another mode', () => {
    const whole = (app: string, mode: 'http' | 'tcp'): AppEdge => ({
      app,
      listeners: [{ address: '', port: 8080, mode, rules: [], fallback: `${app}.web.8080` }],
      backends: [{ name: `${app}.web.8080`, app, service: 'web', mode, check: { kind: 'tcp' }, servers: [] }],
    });
    expect(findConflicts([whole('a', 'http'), whole('b', 'http')])).toHaveLength(1);
    expect(findConflicts([whole('a', 'http'), whole('b', 'tcp')]).length).toBeGreaterThan(0);
  });
});
