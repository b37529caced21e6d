import type { ProxyServerStats } from '../../model/index.ts';

type Counters = Pick<ProxyServerStats, 'requests' | 'responses5xx' | 'connectErrors' | 'responseErrors'>;

/** Keeps what servers had counted before a reload, for a new worker starts from zero. */
export class StatsKeeper {
  #carried: ReadonlyMap<string, Counters> = new Map();

  /** Takes over the counters of a worker that has just been replaced. */
  carry(counted: readonly ProxyServerStats[]): void {
    this.#carried = new Map(this.whole(counted).map((s) => [keyOf(s), s]));
  }

  /** Servers that came or went: a name that comes back counts from zero. */
  forget(targets: readonly string[]): void {
    this.#carried = new Map([...this.#carried].filter(([key]) => !targets.includes(key)));
  }

  /** The counters of the current worker on top of those before. A server that is gone is forgotten. */
  whole(counted: readonly ProxyServerStats[]): ProxyServerStats[] {
    const keys = new Set(counted.map(keyOf));
    this.#carried = new Map([...this.#carried].filter(([key]) => keys.has(key)));
    return counted.map((s) => {
      const before = this.#carried.get(keyOf(s));
      if (before === undefined) return s;
      return {
        ...s,
        requests: s.requests + before.requests,
        responses5xx: s.responses5xx + before.responses5xx,
        connectErrors: s.connectErrors + before.connectErrors,
        responseErrors: s.responseErrors + before.responseErrors,
      };
    });
  }
}

function keyOf(s: ProxyServerStats): string {
  return `${s.backend}/${s.server}`;
}
