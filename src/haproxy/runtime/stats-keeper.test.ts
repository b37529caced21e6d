import { expect, test } from 'vitest';
import type { ProxyServerStats } from '../../model/index.ts';
import { StatsKeeper } from './stats-keeper.ts';

const counted = (server: string, requests: number): ProxyServerStats => ({
  backend: 'b',
  server,
  status: 'up',
  checked: true,
  lastCheck: '',
  current: 0,
  requests,
  responses5xx: 1,
  connectErrors: 0,
  responseErrors: 0,
  responseMs: 5,
});
const requests = (stats: readonly ProxyServerStats[]): Record<string, number> =>
  Object.fromEntries(stats.map((s) => [s.server, s.requests]));

test('counts on over reloads, and anew for a name that comes back', () => {
  const keeper = new StatsKeeper();
  keeper.carry([counted('x', 10), counted('y', 20)]);
  keeper.carry([counted('x', 1), counted('y', 2)]);
  expect(requests(keeper.whole([counted('x', 5), counted('y', 0)]))).toEqual({ x: 16, y: 22 });
  expect(keeper.whole([counted('x', 0)])[0]?.responses5xx).toBe(3);
  keeper.forget(['b/x']);
  expect(requests(keeper.whole([counted('x', 1), counted('y', 1)]))).toEqual({ x: 1, y: 1 });
});
