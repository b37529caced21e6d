import { Mutex } from '../../kit/index.ts';
import type { AppEdge, ProxyConfig } from '../../model/index.ts';
import { mergeEdges, withChallenges } from '../../plan/index.ts';
import type { Certificates, Clock, DataPlane, Store } from '../../ports/index.ts';
import { applyProxy, changeProxy } from './proxy-keeper.ts';

/** Changes what apps want of the edge, one change at a time. */
export class EdgeKeeper {
  readonly #store: Pick<Store, 'getEdge' | 'listEdges' | 'putEdge'>;
  readonly #dataPlane: DataPlane;
  readonly #clock: Clock;
  readonly #certificates: Pick<Certificates, 'thumbprints'>;
  readonly #mutex = new Mutex();

  constructor(deps: {
    store: Pick<Store, 'getEdge' | 'listEdges' | 'putEdge'>;
    dataPlane: DataPlane;
    clock: Clock;
    certificates: Pick<Certificates, 'thumbprints'>;
  }) {
    this.#certificates = deps.certificates;
    this.#clock = deps.clock;
    this.#store = deps.store;
    this.#dataPlane = deps.dataPlane;
  }

  /** Replaces an app's wanted edge by `change` of it and returns when HAProxy has acknowledged the whole. */
  change(app: string, change: (edge: AppEdge) => AppEdge, signal?: AbortSignal): Promise<void> {
    return this.#mutex.run(async () => {
      const before = this.#store.getEdge(app) ?? { app, listeners: [], backends: [] };
      const write = (edge: AppEdge): void => this.#store.putEdge(edge);
      await changeProxy({ clock: this.#clock, before, after: change(before), write, apply: (s) => this.#apply(s) }, signal);
    });
  }

  /**
   * Makes the running edge what the store says (after a start of the server or the engine). With `retry`, a container that
   * did not start before is tried again.
   */
  async restore(signal?: AbortSignal, how?: { readonly retry: boolean }): Promise<void> {
    await this.#mutex.run(() => applyProxy({ clock: this.#clock, apply: (s) => this.#apply(s, how) }, signal));
  }

  #apply(signal: AbortSignal, how?: { readonly retry: boolean }): Promise<unknown> {
    return this.#dataPlane.apply(this.wanted(), signal, how);
  }

  /** What the edge shall be, of all apps. ACME servers ask only for hosts that the edge serves. */
  wanted(): ProxyConfig {
    const config = mergeEdges(this.#store.listEdges());
    const served = new Set(config.listeners.flatMap((l) => l.tls?.certificates.flatMap((c) => c.hosts) ?? []));
    const asked = this.#certificates.thumbprints().map((t) => ({ ...t, hosts: t.hosts.filter((host) => served.has(host)) }));
    return withChallenges(
      config,
      asked.filter((t) => t.hosts.length > 0),
    );
  }
}
