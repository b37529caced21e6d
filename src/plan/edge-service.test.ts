import { describe, expect, it } from 'vitest';
import type { Service } from '../model/index.ts';
import { backendOwner, routeSchema, type Route } from '../model/index.ts';
import { web } from '../../test/fakes/world.ts';
import type * as z from 'zod';
import type { DesiredService } from './desired.ts';
import { serviceEdge, type ServiceEdge } from './edge-service.ts';

const certificate = { id: 'own', fingerprint: '01', hosts: ['a.test'] };
const check = { kind: 'http', path: '/healthz' } as const;

function wanted(over: Omit<Partial<Service>, 'routes'> & { routes?: z.input<typeof routeSchema>[] }): ServiceEdge {
  const { routes = [], ...rest } = over;
  const service: Service = { ...web({ ports: [] }), ...rest, routes: routes.map((r): Route => routeSchema.parse(r)) };
  const s: DesiredService = {
    service,
    replicas: 1,
    config: 'c',
    probe: { check, intervalMs: 1000, timeoutMs: 2000, successes: 2, withinMs: 60_000 },
    port: 3000,
    tcpPorts: [3000],
    internal: { kind: 'dns', why: '' },
    isJob: false,
    anonymousVolumes: [],
    force: false,
  };
  return serviceEdge({ app: 'shop', s, protocol: 'http', check, certificates: [certificate] });
}

/** Host and path of every rule with the backend behind it. */
const rulesOf = (edge: ServiceEdge): string[] =>
  edge.listeners.flatMap((l) => l.rules.map((r) => `${l.port} ${r.host ?? '*'}${r.path} → ${r.backend ?? 'nothing'}`));

describe('routes', () => {
  it('share one backend on every port, and have one of their own for another container port', () => {
    const edge = wanted({ routes: [{ host: 'A.test' }, { host: 'a.test', port: 8080 }, { host: 'a.test', path: '/admin', target: 9000 }] });
    expect(rulesOf(edge)).toEqual([
      '80 a.test/ → shop.web.routes',
      '80 a.test/admin → shop.web.routes_9000',
      '8080 a.test/ → shop.web.routes',
    ]);
    expect(edge.targets).toEqual({ 'shop.web.routes': 3000, 'shop.web.routes_9000': 9000 });
    expect(edge.backends.map((b) => b.check.kind)).toEqual(['http', 'tcp']);
  });

  it('have a backend of their own for what HAProxy only does for a whole one', () => {
    const { backends } = wanted({
      routes: [
        { path: '/' },
        { path: '/a', rules: { compress: true } },
        { path: '/b', rules: { compress: true } },
        { path: '/c', rules: { errorPages: { '503': 'x' } } },
        { path: '/d', rules: { timeoutMs: 5 } },
      ],
    });
    expect(backends).toHaveLength(3);
  });

  it('have backends whose names say whose they are, which the access log is counted by', () => {
    const { backends } = wanted({
      name: 'web.v2',
      ports: [{ target: 3000, published: 8080, hostIp: '127.0.0.1', protocol: 'tcp' }],
      routes: [{ path: '/' }, { path: '/a', rules: { compress: true } }, { path: '/b', target: 9000 }, { port: 5432, mode: 'tcp' }],
    });
    expect(backends).toHaveLength(5);
    for (const { name } of backends) expect([name, backendOwner(name)]).toEqual([name, { app: 'shop', service: 'web.v2' }]);
  });

  it('that only send elsewhere ask nobody', () => {
    const edge = wanted({ routes: [{ host: 'www.a.test', rules: { redirect: { to: 'https://a.test', code: 301 } } }] });
    expect(rulesOf(edge)).toEqual(['80 www.a.test/ → nothing']);
    expect(edge.listeners[0]?.rules).toMatchObject([{ app: 'shop', service: 'web' }]);
    expect(edge.backends).toEqual([]);
  });

  it('on a published port keep its address, and leave other ports whole', () => {
    const ports = [
      { target: 3000, published: 8080, hostIp: '127.0.0.1', protocol: 'tcp' as const },
      { target: 3001, published: 8081, protocol: 'tcp' as const },
    ];
    const { listeners, targets } = wanted({ ports, routes: [{ host: 'a.test', port: 8080 }] });
    expect(listeners.map((l) => [l.address, l.port, l.fallback])).toEqual([
      ['', 8081, 'shop.web.8081'],
      ['127.0.0.1', 8080, undefined],
    ]);
    expect(targets).toEqual({ 'shop.web.8081': 3001, 'shop.web.8080': 3000 });
  });

  it('with TLS have the certificates that there are, and plain ones have none', () => {
    const tls = { certificate: { kind: 'internal' as const }, clientCa: 'PEM' };
    const { listeners } = wanted({ tls, routes: [{ host: 'a.test', port: 443, tls: true }, { host: 'a.test' }] });
    expect(listeners.map((l) => [l.port, l.tls])).toEqual([
      [443, { certificates: [certificate], clientCa: 'PEM' }],
      [80, undefined],
    ]);
  });

  it('of TCP go by name, and by port where they have none', () => {
    const { listeners, backends } = wanted({
      routes: [
        { mode: 'tcp', port: 5432, host: 'db.test' },
        { mode: 'tcp', port: 5433 },
      ],
    });
    expect(listeners.map((l) => [l.port, l.mode, l.rules.map((r) => r.host), l.fallback])).toEqual([
      [5432, 'tcp', ['db.test'], undefined],
      [5433, 'tcp', [], 'shop.web.routes_tcp'],
    ]);
    expect(backends).toMatchObject([{ name: 'shop.web.routes_tcp', mode: 'tcp', check: { kind: 'tcp' } }]);
  });

  it('of TCP say whose connections they take, and in a backend of their own how long those may be silent', () => {
    const { listeners, backends } = wanted({
      routes: [
        { mode: 'tcp', port: 5432, host: 'db.test', rules: { deny: ['::1'], timeoutMs: 5 } },
        { mode: 'tcp', port: 5432, rules: { allow: ['10.0.0.0/8'] } },
      ],
    });
    expect(listeners).toMatchObject([{ rules: [{ host: 'db.test', rules: { deny: ['::1'] } }], fallbackRules: { allow: ['10.0.0.0/8'] } }]);
    expect(backends.map((b) => b.idleMs)).toEqual([5, undefined]);
    expect(new Set(backends.map((b) => b.name)).size).toBe(2);
  });
});

it('says of listeners and backends what the service says of its clients and of itself', () => {
  const { listeners, backends } = wanted({
    routes: [{}, { mode: 'tcp', port: 90 }],
    acceptProxy: true,
    sendProxy: 'v2',
    trustedProxies: ['10.0.0.0/8'],
    h2: true,
    sticky: { cookie: 'c' },
  });
  expect(listeners).toMatchObject([
    { acceptProxy: true, trustedProxies: ['10.0.0.0/8'] },
    { acceptProxy: true, trustedProxies: ['10.0.0.0/8'] },
  ]);
  expect(backends[0]).toMatchObject({ h2: true, sendProxy: 'v2', sticky: { cookie: 'c' } });
  expect(backends[1]).not.toHaveProperty('h2');
  expect(backends[1]).not.toHaveProperty('sticky');
});
