import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProxyConfig, ProxyServer } from '../../model/index.ts';
import type { ActualServer } from './answers.ts';
import { planServers, type ServerChange } from './sync.ts';

const server = (name: string, over: Partial<ProxyServer> = {}): ProxyServer => ({
  name,
  address: '10.0.0.1',
  port: 80,
  weight: 100,
  state: 'ready',
  ...over,
});
const actual = (name: string, over: Partial<ActualServer> = {}): ActualServer => ({
  backend: 'b',
  name,
  address: '10.0.0.1',
  port: 80,
  weight: 100,
  admin: 'ready',
  ...over,
});
const config = (...servers: ProxyServer[]): ProxyConfig => ({
  listeners: [],
  backends: [{ name: 'b', app: 'a', service: 's', mode: 'http', check: { kind: 'tcp' }, servers }],
});
const words = (changes: readonly ServerChange[]): string[] => changes.map((c) => `${c.kind} ${c.target}`);

test.each<[string, ProxyConfig, ActualServer[], string[]]>([
  ['nothing to do', config(server('x')), [actual('x')], []],
  ['a new server', config(server('x')), [], ['add b/x']],
  ['a server that is gone', config(), [actual('x')], ['remove b/x']],
  [
    'a new one comes before the old one drains',
    config(server('x', { state: 'drain' }), server('y')),
    [actual('x')],
    ['add b/y', 'set b/x'],
  ],
  [
    'a drained one returns before another drains',
    config(server('x', { state: 'drain' }), server('y')),
    [actual('x'), actual('y', { admin: 'drain' })],
    ['set b/y', 'set b/x'],
  ],
  ['weight 0 of the boot file is drained already', config(server('x', { state: 'drain' })), [actual('x', { weight: 0 })], []],
  ['a weight', config(server('x', { weight: 5 })), [actual('x')], ['set b/x']],
  ['somebody set maintenance', config(server('x')), [actual('x', { admin: 'maint' })], ['set b/x']],
  [
    'the same name at another address',
    config(server('x', { address: '10.0.0.2' }), server('y')),
    [actual('x')],
    ['add b/y', 'remove b/x', 'add b/x'],
  ],
])('plans %s', (_what, wanted, has, plan) => {
  expect(words(planServers(wanted, has))).toEqual(plan);
});

test('a drained server of clients with cookies is in maintenance, and comes back from it', () => {
  const sticky = (state: 'ready' | 'drain'): ProxyConfig => ({
    listeners: [],
    backends: config(server('x', { state })).backends.map((b) => ({ ...b, sticky: { cookie: 'c' } })),
  });
  const plan = (state: 'ready' | 'drain', admin: ActualServer['admin']): string[] =>
    words(planServers(sticky(state), [actual('x', { admin })]));
  expect([plan('drain', 'maint'), plan('drain', 'drain'), plan('drain', 'ready'), plan('ready', 'maint')]).toEqual([
    [],
    ['set b/x'],
    ['set b/x'],
    ['set b/x'],
  ]);
});

/** What HAProxy has once a plan ran. */
function after(has: readonly ActualServer[], changes: readonly ServerChange[]): ActualServer[] {
  const servers = new Map(has.map((a) => [`${a.backend}/${a.name}`, a]));
  for (const c of changes) {
    if (c.kind === 'remove') servers.delete(c.target);
    else {
      const { name, address, port, weight, state } = c.server;
      servers.set(c.target as `${string}/${string}`, { backend: 'b', name, address, port, weight, admin: state });
    }
  }
  return [...servers.values()];
}

test('a plan that ran leaves nothing to plan', () => {
  const anyName = fc.constantFrom('x', 'y', 'z');
  const anyAddress = fc.constantFrom('10.0.0.1', '10.0.0.2');
  const anyWeight = fc.constantFrom(0, 1, 256);
  const anyWanted = fc.uniqueArray(
    fc.record({
      name: anyName,
      address: anyAddress,
      port: fc.constant(80),
      weight: anyWeight,
      state: fc.constantFrom('ready' as const, 'drain' as const),
    }),
    { selector: (s) => s.name },
  );
  const anyActual = fc.uniqueArray(
    fc.record({
      backend: fc.constant('b'),
      name: anyName,
      address: anyAddress,
      port: fc.constant(80),
      weight: anyWeight,
      admin: fc.constantFrom('ready' as const, 'drain' as const, 'maint' as const),
    }),
    { selector: (s) => s.name },
  );
  fc.assert(
    fc.property(anyWanted, anyActual, (wanted, has) => {
      const changes = planServers(config(...wanted), has);
      expect(planServers(config(...wanted), after(has, changes))).toEqual([]);
    }),
  );
});
