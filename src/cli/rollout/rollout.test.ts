import { beforeAll, describe, expect, it } from 'vitest';
import type { EventRecord, RolloutEvent } from '../../model/index.ts';
import { berth, records, type Given } from '../fake-world.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

const probe = { check: { kind: 'http', path: '/up' }, intervalMs: 1000, timeoutMs: 2000, successes: 2, withinMs: 8000 } as const;
const instance = { service: 'web', instance: 'shop-web-2' };
const probing = { kind: 'instance.probe', ...instance, probe, monitorMs: 5000 } as const;
const end = { type: 'rollout.ended', tookMs: 12_345, urls: ['http://localhost:8080'], unchanged: false, closedConnections: 0 } as const;

function started(kind: 'up' | 'rollback' | 'down' | 'scale' | 'build', fromRelease?: number): RolloutEvent {
  return { type: 'rollout.started', kind, app: 'shop', fromRelease, toRelease: (fromRelease ?? 0) + 1 };
}

const good: readonly RolloutEvent[] = [
  started('up', 41),
  { type: 'step.started', step: 's1', action: { kind: 'instance.create', ...instance, config: 'c' }, reason: 'new' },
  { type: 'step.done', step: 's1', action: { kind: 'instance.create', ...instance, config: 'c' }, tookMs: 100 },
  { type: 'step.started', step: 's2', action: probing, reason: 'no traffic before it answers' },
  { type: 'step.done', step: 's2', action: probing, tookMs: 1200, note: 'GET /up answers' },
  { type: 'notice', level: 'warning', message: 'The watch would not survive a reboot.' },
  { ...end, state: 'done', release: 42, serving: 42, exitCode: 0, closedConnections: 2 },
];

const evidence = {
  instance: 'shop-web-2',
  gate: 'It did not answer well within 8 s',
  probes: [
    { atMs: Date.UTC(2026, 0, 2, 12, 0, 1), ok: false, target: 'GET /up on port 3000', outcome: '500', tookMs: 3.2 },
    { atMs: Date.UTC(2026, 0, 2, 12, 0, 2), ok: false, target: 'GET /up on port 3000', outcome: 'connection refused', tookMs: 0.4 },
  ],
  listening: ['127.0.0.1:3000'],
  exit: '137: killed (SIGKILL), out of memory',
  logs: ['starting', '\u001B[31mno database\u001B[0m'],
  diagnosis: 'It listens on 127.0.0.1:3000 only.',
};
const gateError = { code: 'GATE_FAILED', message: 'shop-web-2 is not ready: it did not answer well within 8 s.' } as const;

function failing(fromRelease: number | undefined, exitCode: number): readonly RolloutEvent[] {
  return [
    started('up', fromRelease),
    { type: 'step.started', step: 's2', action: probing, reason: 'no traffic before it answers' },
    { type: 'step.failed', step: 's2', action: probing, error: gateError, evidence },
    { type: 'revert.started', why: gateError.message, toRelease: fromRelease },
    { ...end, state: exitCode === 3 ? 'failed' : 'reverted', serving: fromRelease, error: gateError, exitCode },
  ];
}

const files = { '/app/compose.yaml': 'name: shop\nservices:\n  web: { image: nginx }\n' };

function world(events: readonly RolloutEvent[], more: Given = {}): Given {
  return {
    files,
    client: {
      startRollout: () => Promise.resolve({ id: 'r1', app: 'shop', kind: 'up', state: 'running', createdAtMs: 0, resumes: 0 }),
    },
    events: () => records(events),
    ...more,
  };
}

describe('berth up', () => {
  it('tells each step in a line, and ends with where it serves and the way back', async () => {
    const { code, out, err, calls } = await berth(['up'], world(good));
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `✔ shop release 42 serves at http://localhost:8080 (12.3 s)
  2 long-lived connections outlived the drain and were closed
  undo with: berth rollback 41
`,
      err: `shop: rolling out release 42
 Instance shop-web-2  Created  0.1 s
 Instance shop-web-2  Probing GET /up
 Instance shop-web-2  Ready (GET /up answers)  1.2 s
warning: The watch would not survive a reboot.
`,
    });
    expect(calls).toEqual([
      [
        'startRollout',
        {
          requestId: 'request-1',
          engine: { socket: '/var/run/docker.sock' },
          request: expect.objectContaining({
            kind: 'up',
            services: [],
            build: 'auto',
            deployment: expect.objectContaining({ named: false }),
          }),
        },
      ],
    ]);
  });

  it('keeps quiet with -q, and says more with -v', async () => {
    expect((await berth(['-q', 'up'], world(good))).err).toBe('');
    expect((await berth(['-v', 'up'], world(good))).err).toContain(' Instance shop-web-2  Creating: new\n');
  });

  it('says a diagnosis once, which is also the hint where no evidence is shown', async () => {
    const error = { ...gateError, hint: evidence.diagnosis };
    const events = failing(41, 1).map((event) => ('error' in event ? { ...event, error } : event));
    const { err } = await berth(['up'], world(events));
    expect(err.split(evidence.diagnosis)).toHaveLength(2);
  });

  it('tells why a release failed, with all evidence, and what still serves', async () => {
    const { code, out, err } = await berth(['up'], world(failing(41, 1)));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(`shop: rolling out release 42
 Instance shop-web-2  Probing GET /up
 Instance shop-web-2  Failed: shop-web-2 is not ready: it did not answer well within 8 s.
shop: going back to release 41: shop-web-2 is not ready: it did not answer well within 8 s.
error: shop-web-2 is not ready: it did not answer well within 8 s.
  It listens on 127.0.0.1:3000 only.
  last probes:
    12:00:01  ✘ GET /up on port 3000: 500 (3 ms)
    12:00:02  ✘ GET /up on port 3000: connection refused (0 ms)
  it listens on: 127.0.0.1:3000
  it ended with exit code 137: killed (SIGKILL), out of memory
  last lines of its log:
    | starting
    | no database
  it is kept for you to look at: docker logs shop-web-2
release 41 of shop still serves 100 % (exit 1)
`);
  });

  it('says that nothing was serving when a first release fails', async () => {
    const { code, err } = await berth(['up'], world(failing(undefined, 1)));
    expect(code).toBe(1);
    expect(err).toContain('nothing was serving shop before, and nothing does now (exit 1)\n');
  });

  it('says that the app is not back in a good state with exit 3', async () => {
    const { code, err } = await berth(['up'], world(failing(41, 3)));
    expect(code).toBe(3);
    expect(err).toContain('shop is NOT back in a good state: look at `berth ps`, then run `berth up` again (exit 3)\n');
  });

  it('prints one object with --json, on stdout alone', async () => {
    const { code, out } = await berth(['up', '--json'], world(failing(41, 1)));
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      app: 'shop',
      rollout: 'r1',
      kind: 'up',
      state: 'reverted',
      serving: 41,
      exitCode: 1,
      failures: [{ evidence }],
    });
    expect(JSON.parse((await berth(['up', '--json'], world(good))).out)).toMatchObject({
      release: 42,
      undo: 41,
      urls: ['http://localhost:8080'],
    });
  });

  it('returns at once with --detach', async () => {
    const { code, out } = await berth(['up', '--detach'], world([]));
    expect({ code, out }).toEqual({ code: 0, out: 'the up of shop runs on its own; `berth events -f` shows it\n' });
  });

  it('says that nothing changed', async () => {
    const { out } = await berth(
      ['up'],
      world([started('up', 41), { ...end, state: 'done', release: 41, serving: 41, exitCode: 0, unchanged: true, tookMs: 80 }]),
    );
    expect(out).toBe('✔ shop is up to date: release 41 serves at http://localhost:8080 (0.1 s)\n');
  });
});

describe('Ctrl-C', () => {
  const cancelRollout = () =>
    Promise.resolve({ id: 'r1', app: 'shop', kind: 'up', state: 'reverting', createdAtMs: 0, resumes: 0 } as const);

  it('once asks the server to go back, and follows it there', async () => {
    const events = async function* (interrupt: () => void): AsyncGenerator<EventRecord> {
      yield* records([started('up', 41)]);
      interrupt();
      yield* records([{ ...end, state: 'cancelled', serving: 41, exitCode: 130 }]);
    };
    const base = world([]);
    const { code, err, calls } = await berth(['up'], { ...base, events, client: { ...base.client, cancelRollout } });
    expect(code).toBe(130);
    expect(err).toBe(`shop: rolling out release 42
Cancelling: finishing the running steps, then going back. Ctrl-C again detaches and lets it run.
cancelled: the up of shop after 12.3 s
release 41 of shop still serves 100 % (exit 130)
`);
    expect(calls.map(([endpoint]) => endpoint)).toEqual(['startRollout', 'cancelRollout']);
  });

  it('twice leaves the rollout to the server', async () => {
    const events = async function* (interrupt: () => void): AsyncGenerator<EventRecord> {
      yield* records([started('up', 41)]);
      interrupt();
      interrupt();
      throw new Error('the stream was left');
    };
    const base = world([]);
    const { code, err } = await berth(['up'], { ...base, events, client: { ...base.client, cancelRollout } });
    expect(code).toBe(130);
    expect(err).toContain('Detached: the server goes on by itself. `berth events -f` shows the rest.\n');
  });
});
