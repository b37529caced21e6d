import { BerthError, type ErrorCode } from '../../../src/errors/index.ts';
import type { Clock, Engine } from '../../../src/ports/index.ts';
import { seededRandom } from '../ids.ts';

/** A method of the engine, or any. */
export type EngineMethod = keyof Engine | '*';

/** What goes wrong, and with which calls. */
export type Fault = {
  readonly method: EngineMethod;
  /** The n-th matching call from now (1 is the next), or each with a probability. */
  readonly on: number | { readonly probability: number };
  /**
   * `fail`: not done, error at once. `hang`: not done, ENGINE_TIMEOUT after a minute. `lose`: done, but the answer never
   * arrives and the call fails. `slow`: done after `delayMs`.
   */
  readonly effect: 'fail' | 'hang' | 'lose' | 'slow';
  /** Error of `fail` and `lose`; ENGINE_UNREACHABLE when left out. */
  readonly code?: ErrorCode;
  readonly delayMs?: number;
  /** How often it strikes in all; 1 for a numbered call, for ever for a probability. */
  readonly times?: number;
};

type Live = { fault: Fault; seen: number; left: number };

/** Decides for each call whether a fault strikes it. */
export class Faults {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #live: Live[] = [];
  /** Faults that struck so far. */
  struck = 0;

  constructor(clock: Clock, seed: number) {
    this.#clock = clock;
    this.#random = seededRandom(seed);
  }

  add(fault: Fault): void {
    this.#live.push({ fault, seen: 0, left: fault.times ?? (typeof fault.on === 'number' ? 1 : Infinity) });
  }

  clear(): void {
    this.#live.length = 0;
  }

  /** Does the call, with what strikes it. */
  async around<T>(method: keyof Engine, signal: AbortSignal | undefined, work: () => T | Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const fault = this.#pick(method);
    if (fault === undefined) return work();
    const code = fault.code ?? 'ENGINE_UNREACHABLE';
    switch (fault.effect) {
      case 'fail':
        throw new BerthError(code, `Could not ${method}: injected fault.`);
      case 'hang':
        await this.#clock.sleep(60_000, signal);
        throw new BerthError('ENGINE_TIMEOUT', `Could not ${method}: the engine did not answer in 60 s.`);
      case 'lose':
        await work();
        throw new BerthError(code, `Could not ${method}: the connection was lost before the answer.`);
      case 'slow':
        await this.#clock.sleep(fault.delayMs ?? 5000, signal);
        return work();
      default:
        return fault.effect satisfies never;
    }
  }

  #pick(method: keyof Engine): Fault | undefined {
    for (const live of this.#live) {
      if (live.left <= 0 || (live.fault.method !== '*' && live.fault.method !== method)) continue;
      live.seen++;
      const { on } = live.fault;
      const strikes = typeof on === 'number' ? live.seen >= on : this.#random() < on.probability;
      if (!strikes) continue;
      live.left--;
      this.struck++;
      return live.fault;
    }
    return undefined;
  }
}
