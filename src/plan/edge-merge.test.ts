import { describe, expect, test } from 'vitest';
import type { AppEdge, Listener } from '../model/index.ts';
import { findConflicts, mergeEdges } from './edge-merge.ts';

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

describe('ACME', () => {
  const thumbprints = [{ hosts: ['a.test'], thumbprint: 'x' }];
  const plain = (app: string): AppEdge => ({ ...secure(app), listeners: [{ address: '', port: 80, mode: 'http', rules: [] }] });

  test('binds port 80 where no app has it', () => {
    const config = mergeEdges([secure('a')], thumbprints);
    expect(config.listeners.map((l) => l.port)).toEqual([80, 443]);
    expect(config.acmeThumbprints).toEqual(thumbprints);
  });
  test('shares port 80 with an app', () => {
    expect(mergeEdges([plain('a')], thumbprints).listeners).toHaveLength(1);
  });
  test('without an account nothing is bound for it', () => {
    expect(mergeEdges([secure('a')])).not.toHaveProperty('acmeThumbprints');
  });
});
