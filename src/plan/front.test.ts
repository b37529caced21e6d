import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { service } from '../../test/fakes/world.ts';
import type { Front, ServiceFront } from '../model/index.ts';
import type { DesiredService } from './desired.ts';
import {
  addToFront,
  drainInFront,
  internalOf,
  isFrontSettled,
  openFront,
  portsToCarry,
  removeFromFront,
  serviceFront,
  settleFront,
} from './front.ts';

const place: Front = { app: 'shop', service: 'api', networks: [{ name: 'shop_default', address: '10.200.0.9', aliases: ['api'] }] };
const check = { kind: 'http', path: '/healthz' } as const;

type Rest = Partial<Omit<DesiredService, 'service'>> & { readonly service?: Parameters<typeof service>[0] };

function desired({ service: written = { name: 'api' }, ...rest }: Rest = {}): DesiredService {
  return {
    service: service(written),
    replicas: 1,
    config: 'c',
    probe: { check, intervalMs: 1000, timeoutMs: 2000, successes: 2, withinMs: 60_000 },
    port: 3000,
    tcpPorts: [3000],
    internal: { kind: 'front', why: '' },
    isJob: false,
    anonymousVolumes: [],
    force: false,
    ...rest,
  };
}

const wanted = (s = desired(), protocol: 'http' | 'tcp' = 'http') => serviceFront({ app: 'shop', s, protocol, check });
const server = (name: string, ports: readonly number[] = [3000]) => ({ name, address: '10.200.0.2', ports });
const behind = (front: ServiceFront): string[] =>
  front.listeners.map((l) => {
    const servers = front.backends.find((b) => b.name === l.fallback)?.servers ?? [];
    return `${l.port} ${l.mode}: ${servers.map((s) => `${s.name}:${s.port}${s.state === 'drain' ? ' drains' : ''}`).join(', ')}`.trim();
  });

describe('internalOf', () => {
  const volume = { mounts: [{ type: 'volume', source: 'data', target: '/d' }] };
  it.each([
    ['several instances', { replicas: 3 }, 'front', 'it has 3 instances'],
    ['one instance that is updated start-first', {}, 'front', 'two instances run side by side while it is updated'],
    ['one writer', { service: { name: 'api', ...volume } }, 'dns', 'it is updated stop-first: volume `data` can have one writer'],
    ['several writers', { replicas: 2, service: { name: 'api', ...volume } }, 'front', 'it has 2 instances'],
    ['one writer that the file gives one', { service: { name: 'api', internal: 'front', ...volume } }, 'front', 'the file says so'],
    ['plain DNS in the file', { replicas: 3, service: { name: 'api', internal: 'dns' } }, 'dns', 'the file says so'],
    [
      'stop-first in the file',
      { service: { name: 'api', rollout: { order: 'stop-first' } } },
      'dns',
      'it is updated stop-first: the file says so',
    ],
    [
      'UDP',
      { replicas: 3, service: { name: 'api', ports: [{ target: 53, protocol: 'udp' }] } },
      'dns',
      'a front carries TCP only, and it has UDP port 53',
    ],
    ['external networks', { replicas: 3, service: { name: 'api', networks: [{ network: 'far' }] } }, 'dns', 'it has no network of the app'],
    ['no port', { replicas: 3, port: undefined, tcpPorts: [] }, 'none', 'no TCP port of it is known'],
    ['a job', { isJob: true }, 'none', 'it is a job'],
    ['the network of the machine', { service: { name: 'api', networkMode: 'host' } }, 'none', 'network_mode is host'],
  ])('%s', (_, rest, kind, why) => {
    expect(internalOf(desired(rest as Rest), new Set(['far']))).toEqual({ kind, why });
  });
});

describe('a front', () => {
  it('carries HTTP on the service port and every other port as it comes', () => {
    const { listeners, backends } = wanted(desired({ tcpPorts: [3000, 9090], service: { name: 'api', h2: true, sendProxy: 'v2' } }));
    expect(listeners).toEqual([
      { address: '', port: 3000, mode: 'http', rules: [], fallback: 'shop.api.3000' },
      { address: '', port: 9090, mode: 'tcp', rules: [], fallback: 'shop.api.9090' },
    ]);
    expect(backends).toMatchObject([
      { name: 'shop.api.3000', mode: 'http', check, h2: true, sendProxy: 'v2' },
      { name: 'shop.api.9090', mode: 'tcp', check: { kind: 'tcp' } },
    ]);
    expect(backends[1]).not.toHaveProperty('sendProxy');
  });

  it('speaks to each instance as its own release wants, until only the new ones are left', () => {
    const old = addToFront(openFront(undefined, place, wanted()), server('api-1'));
    const next = wanted(desired({ service: { name: 'api', h2: true, sendProxy: 'v2' } }));
    const open = addToFront(openFront(old, place, next), server('api-2'));
    expect(open.backends[0]).toMatchObject({ check: { kind: 'tcp' }, servers: [{ name: 'api-1' }, { h2: true, sendProxy: 'v2' }] });
    expect(open.backends[0]?.servers[0]).not.toHaveProperty('h2');
    expect(settleFront(open, place, next).backends[0]?.servers[0]).toMatchObject({ name: 'api-1', h2: true, sendProxy: 'v2' });
  });

  it('has an instance on each port that it listens on, and ports that were only found as long as somebody listens there', () => {
    let front = addToFront(openFront(undefined, place, wanted()), server('api-1', [3000, 7000]));
    front = addToFront(front, server('api-2'));
    expect(behind(front)).toEqual(['3000 http: api-1:3000, api-2:3000', '7000 tcp: api-1:7000']);
    expect(isFrontSettled(front, place, wanted())).toBe(true);
    front = drainInFront(front, 'api-1');
    expect(behind(front)).toEqual(['3000 http: api-1:3000 drains, api-2:3000', '7000 tcp: api-1:7000 drains']);
    expect(behind(removeFromFront(front, 'api-1', wanted()))).toEqual(['3000 http: api-2:3000']);
  });

  it('asks only the port of old instances until the new ones are alone', () => {
    const old = addToFront(openFront(undefined, place, wanted(desired(), 'tcp')), server('api-1'));
    const open = openFront(old, place, wanted());
    expect(open.backends).toMatchObject([{ mode: 'http', check: { kind: 'tcp' }, servers: [{ name: 'api-1' }] }]);
    expect(isFrontSettled(open, place, wanted())).toBe(false);
    const settled = settleFront(open, place, wanted());
    expect(settled.backends).toMatchObject([{ check, servers: [{ name: 'api-1' }] }]);
    expect(isFrontSettled(settled, place, wanted())).toBe(true);
  });

  it('is not as wanted with other names or networks, and does not mind the address', () => {
    const front = openFront(undefined, place, wanted());
    const named = (aliases: readonly string[]): Front => ({ ...place, networks: [{ name: 'shop_default', aliases }] });
    expect(isFrontSettled(front, named(['api']), wanted())).toBe(true);
    expect(isFrontSettled(front, named(['api', 'backend']), wanted())).toBe(false);
  });

  it('never loses an instance, nor keeps one, whatever comes and goes', () => {
    const ports = fc.uniqueArray(fc.constantFrom(3000, 7000, 8000), { minLength: 1 });
    const act = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('add', 'drain', 'remove', 'open', 'settle'),
      ports,
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        let front = openFront(undefined, place, wanted());
        const expected = new Map<string, readonly number[]>();
        for (const { name, what, ports: listens } of acts) {
          if (what === 'add') front = addToFront(front, server(name, listens));
          if (what === 'drain') front = drainInFront(front, name);
          if (what === 'remove') front = removeFromFront(front, name, wanted());
          if (what === 'open') front = openFront(front, place, wanted());
          if (what === 'settle') front = settleFront(front, place, wanted());
          if (what === 'add') expected.set(name, listens);
          if (what === 'remove') expected.delete(name);
        }
        for (const name of ['a', 'b', 'c']) {
          const carried = front.backends.flatMap((b) => b.servers.filter((s) => s.name === name).map((s) => s.port));
          expect(new Set(carried)).toEqual(new Set(expected.get(name)));
          expect(carried).toHaveLength(expected.get(name)?.length ?? 0);
        }
        expect(new Set(front.listeners.map((l) => l.fallback))).toEqual(new Set(front.backends.map((b) => b.name)));
        expect(front.listeners).toHaveLength(front.backends.length);
        expect(front.listeners.some((l) => l.port === 3000)).toBe(true);
      }),
    );
  });
});

describe('portsToCarry', () => {
  it('leaves out what only the container itself reaches, and found ports that the kernel handed out', () => {
    const found = [
      { address: '0.0.0.0', port: 3000 },
      { address: '::', port: 3000 },
      { address: '127.0.0.1', port: 9229 },
      { address: '::1', port: 9230 },
      { address: '10.200.0.2', port: 8125 },
      { address: '0.0.0.0', port: 40_123 },
      { address: '0.0.0.0', port: 50_051 },
    ];
    expect(portsToCarry(found, [3000, 50_051])).toEqual([3000, 8125, 50_051]);
  });
});
