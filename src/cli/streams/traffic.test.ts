import { describe, expect, it } from 'vitest';
import type { TrafficReport } from '../../contract/index.ts';
import { BerthError } from '../../errors/index.ts';
import { berth } from '../fake-world.ts';

const toMs = new Date(2026, 0, 2, 3, 4, 5).getTime();
const counts = {
  requests: 1200,
  perSecond: 20,
  responses4xx: 3,
  responses5xx: 1,
  p50Ms: 4,
  p95Ms: 80,
  p99Ms: 1250,
  inFlight: 2,
  bytesIn: 120_000,
  bytesOut: 4_560_000,
  retries: 0,
};
const few = { ...counts, requests: 6, perSecond: 0.1, responses4xx: 0, responses5xx: 0, bytesIn: 600, bytesOut: 900 };
const report: TrafficReport = {
  app: 'shop',
  release: 2,
  fromMs: toMs - 60_000,
  toMs,
  services: [
    {
      name: 'web',
      ...counts,
      releases: [
        { release: 1, ...counts },
        { release: 2, ...few },
      ],
      instances: [{ name: 'shop-web-1', release: 1, ...counts }],
      routes: [{ route: 'shop.test/api', ...few, inFlight: undefined }],
    },
  ],
  gaps: [{ kind: 'lost', fromMs: toMs - 2000, toMs: toMs - 1000, lines: 1 }],
};

const run = (argv: readonly string[], answer = report) =>
  berth(['-p', 'shop', 'traffic', ...argv], {
    client: { traffic: () => Promise.resolve(answer), listApps: () => Promise.resolve([{ app: 'shop', directory: '/app', services: [] }]) },
  });

describe('traffic', () => {
  it('shows a service, its releases while there are several, and what was not counted', async () => {
    const { code, out, calls } = await run([]);
    expect(out).toBe(`shop  release 2  the last 1 min, 03:04:05

SERVICE      REQ/S  4XX  5XX   P50    P95    P99  IN FLIGHT      IN     OUT  RETRIES
web           20.0    3    1  4 ms  80 ms  1.3 s          2  120 kB  4.6 MB        0
  release 1   20.0    3    1  4 ms  80 ms  1.3 s          2  120 kB  4.6 MB        0
  release 2    0.1    0    0  4 ms  80 ms  1.3 s          2   600 B   900 B        0

03:04:03-03:04:04: 1 request served but not counted (too many at once)
`);
    expect(code).toBe(0);
    expect(calls).toContainEqual(['traffic', { app: 'shop', service: undefined, spanMs: 60_000 }]);
  });

  it('shows one service by instance and route, too', async () => {
    const { out, calls } = await run(['web', '--last', '10s']);
    expect(out).toContain('shop-web-1 r1');
    expect(out).toMatch(/^shop\.test\/api +0\.1 +0 +0 +4 ms +80 ms +1\.3 s +- /m);
    expect(calls).toContainEqual(['traffic', { app: 'shop', service: 'web', spanMs: 10_000 }]);
  });

  it('says that there was nothing', async () => {
    const { out } = await run([], { ...report, services: [], gaps: [] });
    expect(out).toBe('shop  release 2  the last 1 min, 03:04:05\n\nno requests in this time\n');
  });

  it('prints the report as JSON', async () => {
    expect(JSON.parse((await run(['--json'])).out)).toEqual(JSON.parse(JSON.stringify(report)));
  });

  it('prints a line for each service and release every second, and a gap once', async () => {
    let rounds = 2;
    const { out } = await berth(['-p', 'shop', 'traffic', '-w'], {
      client: {
        traffic: () => Promise.resolve(report),
        listApps: () => Promise.resolve([{ app: 'shop', directory: '/app', services: [] }]),
      },
      async wait(interrupt) {
        if (--rounds > 0) return;
        interrupt();
        throw new Error('interrupted');
      },
    });
    const lines = out.trim().split('\n');
    expect(lines.map((line) => /^03:04:05 (web release \d|web|03:04:03-03:04:04):/.exec(line)?.[1])).toEqual([
      'web',
      'web release 1',
      'web release 2',
      '03:04:03-03:04:04',
      'web',
      'web release 1',
      'web release 2',
    ]);
  });

  it('goes on watching when the server is replaced meanwhile', async () => {
    const answers = [report, new BerthError('SERVER_UNREACHABLE', 'It was cut.'), { ...report, release: 3 }];
    const { code, out } = await berth(['-p', 'shop', 'traffic', '-w', '--json'], {
      client: {
        traffic() {
          const answer = answers.shift();
          return answer instanceof BerthError || answer === undefined ? Promise.reject(answer) : Promise.resolve(answer);
        },
        listApps: () => Promise.resolve([{ app: 'shop', directory: '/app', services: [] }]),
      },
      async wait(interrupt) {
        if (answers.length > 0) return;
        interrupt();
        throw new Error('interrupted');
      },
    });
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as TrafficReport).release),
    ).toEqual([2, 3]);
    expect(code).toBe(130);
  });

  it.each(['x', '0.1s', '4h'])('refuses the span %s', async (span) => {
    const { code, err } = await run(['--last', span]);
    expect(code).toBe(2);
    expect(err).toContain('is not a span of time between 1s and 3h');
  });
});
