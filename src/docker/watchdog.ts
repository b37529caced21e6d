import { toTimeout } from './errors.ts';

/** Ends one call of the engine when its time is over or its signal aborts. `release` must be called at its end. */
export class Watchdog {
  readonly #doing: string;
  readonly #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #renews = false;
  #stop: ((why: unknown) => void) | undefined;
  /** Why the call was ended, once it was. */
  reason: { readonly error: unknown; readonly aborted: boolean } | undefined;

  constructor(doing: string, signal: AbortSignal | undefined) {
    this.#doing = doing;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** What ending the call means from now on. */
  onStop(stop: (why: unknown) => void): void {
    this.#stop = stop;
    if (this.#signal?.aborted === true) this.#onAbort();
  }

  /** Gives the call `ms` from now on, in all or (`idle`) since the last `touch`; undefined takes the limit away. */
  limit(ms: number | undefined, kind: 'total' | 'idle' = 'total'): void {
    clearTimeout(this.#timer);
    this.#renews = kind === 'idle';
    if (ms === undefined) return;
    this.#timer = setTimeout(() => this.#end({ error: toTimeout(this.#doing, ms), aborted: false }), ms);
  }

  /** Something happened: an idle limit counts anew. */
  touch(): void {
    if (this.#renews) this.#timer?.refresh();
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stop = undefined;
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#end({ error: this.#signal?.reason, aborted: true });
  };

  #end(reason: NonNullable<Watchdog['reason']>): void {
    this.reason ??= reason;
    this.#stop?.(this.reason.error);
  }
}
