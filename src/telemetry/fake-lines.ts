import type { AccessLine } from './access-line.ts';

/** A line as HAProxy writes it, for tests. */
export function lineOf(over: Partial<AccessLine> = {}): string {
  const { n = 0, pid = 8, born = 1000, at = 100_000, frontend = 'in_80_any', backend = 'shop.web.3000', server = 'shop-web-1' } = over;
  const { route = '-', in: bytesIn = 100, out = 200, retries = '0', end = '--', ms = 5, status = 200, responseMs = 4 } = over;
  const head = { n, pid, born, at, frontend, backend, server, route, in: bytesIn, out, retries, end };
  if (frontend.endsWith('tcp')) return JSON.stringify({ ...head, ms });
  return JSON.stringify({ ...head, status, queueMs: 0, connectMs: 1, responseMs, ms });
}
