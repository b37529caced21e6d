/** A list that grows and can be followed: each follower sees what was added from its start on. */
export class Stream<T> {
  readonly items: T[] = [];
  #ended: { readonly error?: unknown } | undefined;
  #wake: (() => void)[] = [];

  push(item: T): void {
    this.items.push(item);
    this.#wakeAll();
  }

  /** No more will come; with an error every follower fails. */
  end(error?: unknown): void {
    this.#ended ??= error === undefined ? {} : { error };
    this.#wakeAll();
  }

  /** Everything from a place on. Ends at once when `signal` aborts, and when `last` aborts once all is given out. */
  async *follow(from: number, signal?: AbortSignal, last?: AbortSignal): AsyncGenerator<T, void, void> {
    const wake = (): void => this.#wakeAll();
    signal?.addEventListener('abort', wake);
    last?.addEventListener('abort', wake);
    try {
      for (let at = from; ;) {
        if (signal?.aborted === true) return;
        const item = this.items[at];
        if (at < this.items.length && item !== undefined) {
          at++;
          yield item;
          continue;
        }
        if (last?.aborted === true) return;
        if (this.#ended !== undefined) {
          if ('error' in this.#ended) throw this.#ended.error;
          return;
        }
        // oxlint-disable-next-line no-await-in-loop
        await new Promise<void>((resolve) => {
          this.#wake.push(resolve);
        });
      }
    } finally {
      signal?.removeEventListener('abort', wake);
      last?.removeEventListener('abort', wake);
    }
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
