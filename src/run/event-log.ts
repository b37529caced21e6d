import type { Redactor } from '../kit/index.ts';
import type { EventRecord, RolloutEvent } from '../model/index.ts';
import type { Clock, Store } from '../ports/index.ts';

/** Keeps the history of rollouts and tells whoever listens. An event is in the store before anybody hears of it. */
export class EventLog {
  readonly #store: Pick<Store, 'appendEvent'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #redactor: Pick<Redactor, 'data'>;
  readonly #listeners = new Set<(record: EventRecord) => void>();

  constructor(deps: { store: Pick<Store, 'appendEvent'>; clock: Pick<Clock, 'now'>; redactor: Pick<Redactor, 'data'> }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#redactor = deps.redactor;
  }

  emit(rollout: string, app: string, event: RolloutEvent): void {
    const record = this.#store.appendEvent(rollout, app, event, this.#clock.now());
    for (const listener of this.#listeners) listener(record);
  }

  /** Tells whoever listens without keeping it: for the one event that says that nothing can be kept. */
  announce(rollout: string, app: string, event: RolloutEvent): void {
    const record: EventRecord = { seq: Number.MAX_SAFE_INTEGER, atMs: this.#clock.now(), rollout, app, event: this.#redactor.data(event) };
    for (const listener of this.#listeners) listener(record);
  }

  /** Calls the listener for every later event; answers how to stop that. */
  subscribe(listener: (record: EventRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
