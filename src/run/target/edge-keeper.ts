import { Mutex } from '../../kit/index.ts';
import type { AppEdge } from '../../model/index.ts';
import { mergeEdges } from '../../plan/index.ts';
import type { Clock, DataPlane, Store } from '../../ports/index.ts';
import { withDeadline } from '../rollout/deadline.ts';

/** The first use of the edge may have to make HAProxy's image. */
const applyMs = 10 * 60_000;

/**
 * Changes what apps want of the edge, one change at a time. The store is written first, so that a crash in between
 * is mended by the next apply; a change that HAProxy refuses is taken back.
 */
export class EdgeKeeper {
  readonly #store: Pick<Store, 'getEdge' | 'listEdges' | 'putEdge'>;
  readonly #dataPlane: DataPlane;
  readonly #clock: Clock;
  readonly #mutex = new Mutex();

  constructor(deps: { store: Pick<Store, 'getEdge' | 'listEdges' | 'putEdge'>; dataPlane: DataPlane; clock: Clock }) {
    this.#clock = deps.clock;
    this.#store = deps.store;
    this.#dataPlane = deps.dataPlane;
  }

  /** Replaces an app's wanted edge by `change` of it and returns when HAProxy has acknowledged the whole. */
  change(app: string, change: (edge: AppEdge) => AppEdge, signal?: AbortSignal): Promise<void> {
    return this.#mutex.run(async () => {
      const before = this.#store.getEdge(app) ?? { app, listeners: [], backends: [] };
      this.#store.putEdge(change(before));
      try {
        await this.#apply(signal);
      } catch (thrown) {
        this.#store.putEdge(before);
        throw thrown;
      }
    });
  }

  /** Makes the running edge what the store says (after a start of the server or the engine). */
  async restore(signal?: AbortSignal): Promise<void> {
    await this.#mutex.run(() => this.#apply(signal));
  }

  /** Others wait for their turn behind it, so it has a deadline whoever asks. */
  async #apply(signal: AbortSignal = new AbortController().signal): Promise<void> {
    const limit = { ms: applyMs, what: 'Changing the edge', signal };
    await withDeadline(this.#clock, limit, (s) => this.#dataPlane.apply(mergeEdges(this.#store.listEdges()), s));
  }
}
