import { Mutex } from '../../kit/index.ts';
import type { ProxyServerStats, ServiceFront } from '../../model/index.ts';
import type { Clock, DataPlane, Fronts, Store } from '../../ports/index.ts';
import { applyProxy, changeProxy } from './proxy-keeper.ts';

type KeeperDeps = {
  readonly store: Pick<Store, 'getFront' | 'listFronts' | 'putFront' | 'deleteFront'>;
  readonly fronts: Fronts;
  readonly clock: Clock;
};

/** Changes what is wanted of fronts, one change of a front at a time; those of different services go side by side. */
export class FrontKeeper {
  readonly #deps: KeeperDeps;
  readonly #mutexes = new Map<string, Mutex>();

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  /** The front of a service as a data plane, or undefined where it has none. */
  find(app: string, service: string): DataPlane | undefined {
    const front = this.#deps.store.getFront(app, service);
    return front === undefined ? undefined : this.#deps.fronts.open(front);
  }

  /** Replaces the wanted state of a front by `change` of it and returns when its HAProxy has acknowledged it. */
  change(
    of: { readonly app: string; readonly service: string },
    change: (before: ServiceFront | undefined) => ServiceFront,
    signal?: AbortSignal,
  ): Promise<void> {
    const { store, clock } = this.#deps;
    return this.#mutex(of).run(async () => {
      const found = store.getFront(of.app, of.service);
      const after = change(found);
      // A first one that failed may have left something behind: it stays on record, carrying nothing, until it is removed.
      const before = found ?? { ...after, listeners: [], backends: [] };
      await changeProxy({ clock, before, after, write: (f) => store.putFront(f), apply: (s) => this.#apply(after, s) }, signal);
    });
  }

  /** Takes a front off the engine, then out of the record, so that a crash in between removes it once more. */
  async remove(of: { readonly app: string; readonly service: string; readonly finishes: boolean }, signal?: AbortSignal): Promise<void> {
    await this.#mutex(of).run(async () => {
      await this.find(of.app, of.service)?.remove(signal, { finishes: of.finishes });
      this.#deps.store.deleteFront(of.app, of.service);
    });
  }

  /** Makes the running fronts (of one app, or all) what the store says, each for itself. Throws the first failure when all were tried. `retry` is as of the edge. */
  async restore(app?: string, signal?: AbortSignal, how?: { readonly retry: boolean }): Promise<void> {
    const { store, clock } = this.#deps;
    const wanted = store.listFronts().filter((f) => app === undefined || f.app === app);
    const results = await Promise.allSettled(
      wanted.map((f) =>
        this.#mutex(f).run(async () => {
          const now = store.getFront(f.app, f.service);
          if (now !== undefined) await applyProxy({ clock, apply: (s) => this.#apply(now, s, how) }, signal);
        }),
      ),
    );
    for (const r of results) if (r.status === 'rejected') throw r.reason;
  }

  /** What the fronts of an app (or of one service) count. */
  async stats(of: { readonly app: string; readonly service?: string }, signal?: AbortSignal): Promise<ProxyServerStats[]> {
    const { store, fronts } = this.#deps;
    const mine = store.listFronts().filter((f) => f.app === of.app && (of.service === undefined || f.service === of.service));
    return (await Promise.all(mine.map((f) => fronts.open(f).stats(signal)))).flat();
  }

  #apply(front: ServiceFront, signal: AbortSignal, how?: { readonly retry: boolean }): Promise<unknown> {
    const { listeners, backends, ...place } = front;
    return this.#deps.fronts.open(place).apply({ listeners, backends }, signal, how);
  }

  #mutex({ app, service }: { readonly app: string; readonly service: string }): Mutex {
    const key = `${app}/${service}`;
    const known = this.#mutexes.get(key) ?? new Mutex();
    this.#mutexes.set(key, known);
    return known;
  }
}
