import { isEnded, type EventRecord } from '../model/index.ts';
import type { ServerDeps } from './deps.ts';

type FollowDeps = Pick<ServerDeps, 'store' | 'runner' | 'clock'>;

/** How many events are read from the store at a time. */
const page = 200;
/** How long a rollout that has ended may owe its last event. */
const lastEventMs = 1000;

/** The events of one rollout from `after` on, until it has ended. */
export async function* followRollout(
  deps: FollowDeps,
  input: { readonly id: string; readonly after?: number | undefined },
  signal: AbortSignal,
): AsyncGenerator<EventRecord, void> {
  const bell = new Bell(deps, (record) => record.rollout === input.id, signal);
  try {
    let after = input.after ?? 0;
    for (;;) {
      // Looked up before the events are read: once it says that the rollout has ended, no event can come after them.
      const ended = isOver(deps, input.id);
      const records = deps.store.listEvents({ rollout: input.id, afterSeq: after, limit: page });
      for (const record of records) {
        yield record;
        after = record.seq;
        if (record.event.type === 'rollout.ended') return;
      }
      if (records.length === page) continue;
      if (!ended) await bell.ring();
      else if (!(await bell.ring(lastEventMs))) return;
    }
  } finally {
    bell.close();
  }
}

/** The events of every rollout (or of one app's), the last ones first where asked; with `follow` also those to come. */
export async function* followAll(
  deps: FollowDeps,
  input: {
    readonly app?: string | undefined;
    readonly after?: number | undefined;
    readonly last?: number | undefined;
    readonly follow?: boolean | undefined;
  },
  signal: AbortSignal,
): AsyncGenerator<EventRecord, void> {
  const bell = new Bell(deps, (record) => input.app === undefined || record.app === input.app, signal);
  const scope = input.app === undefined ? {} : { app: input.app };
  try {
    let after = input.after ?? 0;
    let records = deps.store.listEvents({
      ...scope,
      afterSeq: after,
      ...(input.last === undefined ? { limit: page } : { last: input.last }),
    });
    for (;;) {
      for (const record of records) {
        yield record;
        after = record.seq;
      }
      if (records.length < page) {
        if (input.follow !== true) return;
        await bell.ring();
      }
      records = deps.store.listEvents({ ...scope, afterSeq: after, limit: page });
    }
  } finally {
    bell.close();
  }
}

function isOver(deps: FollowDeps, id: string): boolean {
  const rollout = deps.store.getRollout(id);
  return rollout === undefined || isEnded(rollout.state);
}

/** Rings when an event was written. The store is what is read, so a slow reader neither misses one nor holds any in memory. */
class Bell {
  readonly #clock: ServerDeps['clock'];
  readonly #unsubscribe: () => void;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#wake?.();
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(deps: FollowDeps, isWanted: (record: EventRecord) => boolean, signal: AbortSignal) {
    this.#clock = deps.clock;
    this.#signal = signal;
    this.#unsubscribe = deps.runner.events.subscribe((record) => {
      if (!isWanted(record)) return;
      this.#rung = true;
      this.#wake?.();
    });
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Waits for the next ring since the last wait; false when `withinMs` passed without one. Throws the signal's reason. */
  async ring(withinMs?: number): Promise<boolean> {
    const late = new AbortController();
    try {
      this.#signal.throwIfAborted();
      if (!this.#rung) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        if (withinMs !== undefined) this.#clock.sleep(withinMs, late.signal).then(resolve, resolve);
        await promise;
      }
      this.#signal.throwIfAborted();
      return this.#rung;
    } finally {
      late.abort();
      this.#rung = false;
      this.#wake = undefined;
    }
  }

  close(): void {
    this.#unsubscribe();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}
