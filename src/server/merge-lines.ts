import type { Clock } from '../ports/index.ts';

/** Anything that has a time. */
export type Timed = { readonly atMs: number };

/** How long a source that is read live may keep the others waiting while it is still telling its history. */
const patienceMs = 150;

type Source<T> = { readonly iterator: AsyncIterator<T>; head: T | undefined; pending: Promise<void> | undefined; live: boolean };

/**
 * Merges sources that are each in order of time; more may be added while it runs. A source that has told its history
 * (it did not have the next line at hand) no longer holds back the others. Ends when all sources have ended, unless `open`.
 */
export class LineMerge<T extends Timed> {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #sources = new Set<Source<T>>();
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #open: boolean;

  constructor(clock: Pick<Clock, 'sleep'>, input: { readonly follow: boolean }) {
    this.#clock = clock;
    this.#open = input.follow;
  }

  add(lines: AsyncIterable<T>): void {
    const source: Source<T> = { iterator: lines[Symbol.asyncIterator](), head: undefined, pending: undefined, live: false };
    this.#sources.add(source);
    this.#wake?.();
  }

  /** No source will be added any more. */
  finish(): void {
    this.#open = false;
    this.#wake?.();
  }

  /** Ends the merge with a failure. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  async *lines(signal: AbortSignal): AsyncGenerator<T, void> {
    const onAbort = () => this.#wake?.();
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#failure !== undefined) throw this.#failure.error;
        for (const source of this.#sources) this.#read(source);
        const slow = [...this.#sources].filter((source) => source.head === undefined && !source.live);
        const next = slow.length > 0 ? undefined : this.#earliest();
        if (next !== undefined) {
          yield next;
          continue;
        }
        if (this.#sources.size === 0 && !this.#open) return;
        await this.#news(slow);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      for (const source of this.#sources) void source.iterator.return?.().catch(() => undefined);
    }
  }

  /** Asks a source for its next line, where it is not asked already. */
  #read(source: Source<T>): void {
    if (source.head !== undefined || source.pending !== undefined) return;
    source.pending = source.iterator.next().then(
      (result) => {
        source.pending = undefined;
        if (result.done === true) this.#sources.delete(source);
        else source.head = result.value;
        this.#wake?.();
      },
      (error: unknown) => {
        this.#sources.delete(source);
        this.fail(error);
      },
    );
  }

  #earliest(): T | undefined {
    let first: Source<T> | undefined;
    for (const source of this.#sources) {
      if (source.head !== undefined && (first?.head === undefined || source.head.atMs < first.head.atMs)) first = source;
    }
    const line = first?.head;
    if (first !== undefined) first.head = undefined;
    return line;
  }

  /** Waits until something happened; a source that holds the others back for too long is taken to be live from then on. */
  async #news(slow: readonly Source<T>[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = new AbortController();
    if (this.#open && slow.length > 0) {
      const patience = () => {
        for (const source of slow) if (source.head === undefined) source.live = true;
        resolve();
      };
      this.#clock.sleep(patienceMs, timer.signal).then(patience, resolve);
    }
    await promise;
    this.#wake = undefined;
    timer.abort();
  }
}
