import type { Clock } from '../../src/ports/index.ts';

type Timer = { readonly atMs: number; readonly seq: number; readonly fire: () => void };

/** Lets everything that is ready run: all microtasks, and what they start. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Time as a discrete-event scheduler: it stands still while code runs and jumps to the next deadline once everyone
 * sleeps. Drive it with `run(promise)`, or by hand with `advance(ms)`.
 */
export class FakeClock implements Clock {
  readonly #startMs: number;
  #nowMs: number;
  #seq = 0;
  /** Sorted, the next one last. */
  readonly #timers: Timer[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  /** How many sleeps and callbacks are due some time. */
  get pending(): number {
    return this.#timers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Calls back in `ms`; the answer takes it back. */
  after(ms: number, fire: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, ms), seq: this.#seq++, fire };
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#timers[middle];
      if (other !== undefined && other.atMs > timer.atMs) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  /**
   * Runs until `work` has settled, jumping from deadline to deadline. Throws when nothing is left to wait for, or when
   * `withinMs` have passed: a heartbeat would go on for ever.
   */
  async run<T>(work: Promise<T>, withinMs = 7 * 24 * 3_600_000): Promise<T> {
    const untilMs = this.#nowMs + withinMs;
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    work.then(mark, mark);
    for (let idle = 0; ;) {
      // Work that does not sleep may be on real I/O for a few turns.
      // oxlint-disable-next-line no-await-in-loop
      await turn();
      if (settled) return work;
      if (this.#nowMs > untilMs) throw new Error(`FakeClock: the work has not ended in ${withinMs} ms of its time`);
      if (this.#step(Infinity)) idle = 0;
      else if (++idle > 20_000) throw new Error('FakeClock: nothing is due, and the work that is waited for has not ended');
    }
  }

  /** Lets `ms` pass, with everything that falls due meanwhile. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await turn();
    while (this.#step(untilMs)) {
      // oxlint-disable-next-line no-await-in-loop
      await turn();
    }
    this.#nowMs = untilMs;
  }

  #step(untilMs: number): boolean {
    const next = this.#timers.at(-1);
    if (next === undefined || next.atMs > untilMs) return false;
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    for (let due = this.#timers.at(-1); due !== undefined && due.atMs <= this.#nowMs; due = this.#timers.at(-1)) {
      this.#timers.pop();
      due.fire();
      if (due.atMs !== next.atMs) break;
    }
    return true;
  }
}
