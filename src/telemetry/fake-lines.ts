import type { AccessLine } from './access-line.ts';

const every = {
  n: 0,
  pid: 8,
  born: 1000,
  at: 100_000,
  frontend: 'in_80_any',
  backend: 'shop.web.3000',
  server: 'shop-web-1',
  route: '-',
  in: 100,
  out: 200,
  retries: '0',
  end: '--',
};
const ofRequests = { status: 200, queueMs: 0, connectMs: 1, responseMs: 4 };

/** A line as HAProxy writes it, for tests. */
export function lineOf(over: Partial<AccessLine> = {}): string {
  const passedOn = over.frontend?.endsWith('tcp') === true;
  return JSON.stringify({ ...every, ...(passedOn ? {} : ofRequests), ms: 5, ...over });
}
