import { expect, test } from 'vitest';
import { BerthError } from '../../errors/index.ts';
import { finish, type FinishDeps } from './finish.ts';

/** One HAProxy that was replaced, with so many tunnels, on a clock that only sleeping moves. */
class Scene {
  nowMs = 0;
  tunnels = 0;
  /** When its container is gone once it has nothing left. */
  stubborn = false;
  readonly deps: FinishDeps = {
    clock: {
      monotonic: () => this.nowMs,
      sleep: async (ms) => {
        this.nowMs += ms;
      },
    },
    reach: async () => ({ lines: this.#lines, retired: [{ name: '1', sinceMs: 0, lines: this.#lines }] }),
    tidy: async () => (this.#ended ? 0 : 1),
    keptMs: 10_000,
  };

  readonly #lines = {
    worker: async () => '',
    master: async () => {
      if (!this.#ended) return '# workers\n8 worker 0 0d00h00m01s 3.0\n';
      throw new BerthError('EDGE_FAILED', 'gone', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
    },
    oldWorker: () => async (command: string) => {
      if (command.startsWith('shutdown session')) this.tunnels -= 1;
      const stream = (n: number): string => `0x${n}: id=1\n  backend=b (id=1 mode=http)\n  server=s (id=1)\n  txn=0x1 MSG_TUNNEL\n`;
      return command === 'show sess all' ? Array.from({ length: this.tunnels }, (_, n) => stream(n)).join('') : '';
    },
  };

  get #ended(): boolean {
    return this.tunnels === 0 && !this.stubborn;
  }
}

test('is done at once when what was replaced has ended', async () => {
  const scene = new Scene();
  expect(await finish(scene.deps, 30_000)).toEqual({ closed: 0 });
  expect(scene.nowMs).toBe(0);
});

test('lets connections be for their time, and then closes them', async () => {
  const scene = new Scene();
  scene.tunnels = 3;
  expect(await finish(scene.deps, 5_000)).toEqual({ closed: 3 });
  expect(scene.nowMs).toBeGreaterThanOrEqual(5_000);
  expect(scene.nowMs).toBeLessThan(6_500);
});

test('says so when what was replaced does not end', async () => {
  const scene = new Scene();
  scene.stubborn = true;
  await expect(finish(scene.deps, 1_000)).rejects.toMatchObject({ code: 'EDGE_FAILED' });
});
