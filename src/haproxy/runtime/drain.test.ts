import { expect, test } from 'vitest';
import type { DrainInput } from '../../ports/index.ts';
import type { CommandLine } from './command-line.ts';
import { drain, type DrainDeps } from './drain.ts';
import type { RetiredProxy } from './retired.ts';

const input: DrainInput = { backend: 'b', server: 's', address: '10.0.0.1', port: 80, mode: 'http', drainMs: 30_000, longDrainMs: 60_000 };

type Held = { requests: number; tunnels: number };

/** HAProxy's answers for what each worker has in hand, on a clock that only sleeping moves. */
class Scene {
  nowMs = 0;
  admin = 8;
  down = false;
  current: Held = { requests: 0, tunnels: 0 };
  /** The worker of the last reload, with clients that may still ask it. */
  old: (Held & { idle: number }) | undefined;
  reloadedAtMs = 0;
  readonly closed: string[] = [];
  /** What happens at a time. */
  readonly events: { atMs: number; happens: () => void }[] = [];

  readonly deps: DrainDeps = {
    clock: {
      monotonic: () => this.nowMs,
      sleep: async (ms) => {
        this.nowMs += ms;
        for (const event of this.events.filter((e) => e.atMs <= this.nowMs)) event.happens();
      },
    },
    reach: async () => ({ lines: this.#lines, retired: this.retired }),
    keptMs: 10_000,
  };

  /** HAProxy containers that were replaced. */
  retired: RetiredProxy[] = [];

  /** A HAProxy that was replaced, with one worker; `sinceMs` ago it took its last connection. */
  retire(held: Held & { idle: number }, sinceMs: number | undefined): void {
    const oldWorker = () => async (command: string) => this.#answer('retired', command, held);
    const master = async (): Promise<string> => '# workers\n8 worker 0 0d01h00m00s 3.0\n';
    this.retired.push({ name: '1', sinceMs, lines: { worker: master, oldWorker, master } });
  }

  readonly #lines: CommandLine = {
    worker: async (command) => this.#answer('current', command, this.current),
    oldWorker: () => async (command) => this.#answer('old', command, this.old ?? { requests: 0, tunnels: 0 }),
    master: async () => {
      const seconds = String(Math.floor((this.nowMs - this.reloadedAtMs) / 1000)).padStart(2, '0');
      const old = this.old === undefined ? '' : `# old workers\n7 worker 1 0d01h00m00s 3.0\n`;
      return `# workers\n8 worker 0 0d00h00m${seconds}s 3.0\n${old}`;
    },
  };

  #answer(worker: string, command: string, held: Held & { idle?: number }): string {
    if (this.down) throw new Error('connection refused');
    const used = held.requests + held.tunnels;
    if (command === 'show servers state') {
      return `1\n# be_name srv_name srv_addr srv_admin_state srv_uweight srv_port\nb s 10.0.0.1 ${this.admin} 100 80\n`;
    }
    if (command.startsWith('show servers conn')) return `# bkname/svname bkid/svid addr port used_cur\nb/s 1/1 10.0.0.1 80 ${used}\n`;
    if (command.startsWith('show stat')) return `# pxname,svname,scur,used_conn_cur,type,status\nb,s,${used},${used},2,DRAIN\n`;
    if (command === 'show info') return `CurrConns: ${used + (held.idle ?? 0)}\n`;
    if (command.startsWith('shutdown session ')) {
      this.closed.push(`${worker} ${command.slice('shutdown session '.length)}`);
      if (command.endsWith('0xa')) held.requests = 0;
      if (command.endsWith('0xb')) held.tunnels = 0;
      return '';
    }
    const stream = (id: string, state: string): string =>
      `${id}: id=1\n  backend=b (id=1 mode=http)\n  server=s (id=1)\n  txn=0x1 req.st=${state} rsp.st=${state}\n`;
    return (held.requests > 0 ? stream('0xa', 'MSG_DONE') : '') + (held.tunnels > 0 ? stream('0xb', 'MSG_TUNNEL') : '');
  }
}

test('takes two quiet looks and no more when nothing is in flight', async () => {
  const scene = new Scene();
  expect(await drain(scene.deps, input)).toEqual({ closed: 0 });
  expect(scene.nowMs).toBeLessThan(20);
});

test('waits for a request and closes nothing', async () => {
  const scene = new Scene();
  scene.current.requests = 1;
  scene.events.push({ atMs: 3_000, happens: () => (scene.current.requests = 0) });
  expect(await drain(scene.deps, input)).toEqual({ closed: 0 });
  expect(scene.nowMs).toBeGreaterThanOrEqual(3_000);
  expect(scene.nowMs).toBeLessThan(3_300);
});

test('gives requests and tunnels each their own time', async () => {
  const scene = new Scene();
  scene.current = { requests: 1, tunnels: 1 };
  expect(await drain(scene.deps, { ...input, drainMs: 1_000, longDrainMs: 5_000 })).toEqual({ closed: 2 });
  expect(scene.closed).toEqual(['current 0xa', 'current 0xb']);
  expect(scene.nowMs).toBeGreaterThanOrEqual(5_000);
});

test('waits after a reload for as long as connections are kept, while clients keep connections to the old worker', async () => {
  const scene = new Scene();
  scene.old = { requests: 0, tunnels: 0, idle: 1 };
  expect(await drain(scene.deps, input)).toEqual({ closed: 0 });
  expect(scene.nowMs).toBeGreaterThanOrEqual(11_000);
  expect(scene.nowMs).toBeLessThan(12_000);
});

test('does not wait for an old worker that only carries tunnels elsewhere, nor longer than the drain', async () => {
  const scene = new Scene();
  scene.old = { requests: 0, tunnels: 0, idle: 0 };
  await drain(scene.deps, input);
  expect(scene.nowMs).toBeLessThan(20);
  scene.old.idle = 1;
  scene.reloadedAtMs = scene.nowMs;
  await drain(scene.deps, { ...input, drainMs: 500 });
  expect(scene.nowMs).toBeLessThan(1_000);
});

test('closes what an old worker still carries', async () => {
  const scene = new Scene();
  scene.old = { requests: 0, tunnels: 1, idle: 0 };
  expect(await drain(scene.deps, { ...input, longDrainMs: 200 })).toEqual({ closed: 1 });
  expect(scene.closed).toEqual(['old 0xb']);
});

test('goes on after HAProxy was away for a moment, and fails when it stays away', async () => {
  const scene = new Scene();
  scene.down = true;
  const back = { atMs: 1_000, happens: () => (scene.down = false) };
  scene.events.push(back);
  expect(await drain(scene.deps, input)).toEqual({ closed: 0 });
  scene.events.length = 0;
  scene.down = true;
  await expect(drain(scene.deps, input)).rejects.toThrow('connection refused');
});

test('refuses a server that still gets requests', async () => {
  const scene = new Scene();
  scene.admin = 0;
  await expect(drain(scene.deps, input)).rejects.toMatchObject({ code: 'EDGE_FAILED' });
});

test('counts what a HAProxy carries that was replaced, and closes it in its time', async () => {
  const scene = new Scene();
  scene.retire({ requests: 0, tunnels: 1, idle: 0 }, 20_000);
  expect(await drain(scene.deps, { ...input, longDrainMs: 200 })).toEqual({ closed: 1 });
  expect(scene.closed).toEqual(['retired 0xb']);
});

test('waits for idle clients of a HAProxy that was replaced within the last ten seconds, or still takes new ones', async () => {
  for (const [sinceMs, atLeastMs] of [
    [1_000, 500],
    [11_500, 0],
    [undefined, 500],
  ] as const) {
    const scene = new Scene();
    scene.retire({ requests: 0, tunnels: 0, idle: 1 }, sinceMs);
    await drain(scene.deps, { ...input, drainMs: 500 });
    expect(scene.nowMs).toBeGreaterThanOrEqual(atLeastMs);
    if (atLeastMs === 0) expect(scene.nowMs).toBeLessThan(20);
  }
});
