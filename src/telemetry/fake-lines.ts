import type { Measures, Way } from './access-line.ts';

const way = { pid: 8, born: 1000, frontend: 'in_80_any', backend: 'shop.web.3000', server: 'shop-web-1', route: '-' };
const measures = { n: 0, endMs: 100_005, ms: 5, in: 100, out: 200, status: 200, queueMs: 0, connectMs: 1, responseMs: 4 };

/** A line as HAProxy writes it, for tests. */
export function lineOf(over: Partial<Way & Measures> = {}): string {
  const { pid, born, frontend, backend, server, route, ...rest } = { ...way, ...over };
  const { n, endMs, ms, in: bytesIn, out, retries = 0, status, queueMs, connectMs, responseMs } = { ...measures, ...rest };
  const ofRequests = frontend.endsWith('tcp') ? [] : [status, queueMs, connectMs, responseMs];
  const is = [n, endMs, ms, bytesIn, out, String(retries), ...ofRequests];
  return JSON.stringify([pid, born, frontend, backend, server, route, is]);
}
