import { Mutex } from '../kit/index.ts';
import type { AppEdge } from '../model/index.ts';
import { mergeEdges } from '../plan/index.ts';
import type { DataPlane, Store } from '../ports/index.ts';

/**
 * Changes what apps want of the edge, one change at a time. The store is written first, so that a crash in between
 * is mended by the next apply; a change that HAProxy refuses is taken back.
 */
export class EdgeKeeper {
  readonly #store: Pick<Store, 'getEdge' | 'listEdges' | 'putEdge'>;
  readonly #dataPlane: DataPlane;
  readonly #mutex = new Mutex();

  constructor(deps: { store: Pick<Store, 'getEdge' | 'listEdges' | 'putEdge'>; dataPlane: DataPlane }) {
    this.#store = deps.store;
    this.#dataPlane = deps.dataPlane;
  }

  /** Replaces an app's wanted edge by `change` of it and returns when HAProxy has acknowledged the whole. */
  change(app: string, change: (edge: AppEdge) => AppEdge, signal?: AbortSignal): Promise<void> {
    return this.#mutex.run(async () => {
      const before = this.#store.getEdge(app) ?? { app, listeners: [], backends: [] };
      this.#store.putEdge(change(before));
      try {
        await this.#dataPlane.apply(mergeEdges(this.#store.listEdges()), signal);
      } catch (thrown) {
        this.#store.putEdge(before);
        throw thrown;
      }
    });
  }

  /** Makes the running edge what the store says (after a start of the server or the engine). */
  async restore(signal?: AbortSignal): Promise<void> {
    await this.#mutex.run(() => this.#dataPlane.apply(mergeEdges(this.#store.listEdges()), signal));
  }
}
