import type { ProxyServerStats } from '../../model/index.ts';
import type { RunContext } from '../deps.ts';

/** Looks in a row at which HAProxy calls an instance down before that is a breach. */
const mostDown = 3;
/** How long HAProxy's check may take to pass once the watch is over, in milliseconds: it asks every second and waits 5 s. */
const agreeMs = 10_000;

/** An instance that its proxies do not see well, and what they say. */
export type Unwell = { readonly name: string; readonly what: string };

/**
 * What the app's proxies say of instances. They ask from other networks than berth's own probes do, and where their checks
 * fail users are sent elsewhere or get nothing, however well the probes go.
 */
export class ProxyChecks {
  readonly #ctx: RunContext;
  readonly #instances: ReadonlySet<string>;
  readonly #down = new Map<string, number>();

  constructor(ctx: RunContext, instances: readonly string[]) {
    this.#ctx = ctx;
    this.#instances = new Set(instances);
  }

  /** One more look; answers an instance that HAProxy called down so many times in a row that it is a breach. */
  findFallen(stats: readonly ProxyServerStats[]): Unwell | undefined {
    const mine = this.#servers(stats);
    for (const name of this.#instances) {
      const down = mine.find((s) => s.server === name && s.status === 'down');
      const times = down === undefined ? 0 : (this.#down.get(name) ?? 0) + 1;
      this.#down.set(name, times);
      if (down !== undefined && times >= mostDown) return unwell(down);
    }
    return undefined;
  }

  /** Waits until HAProxy's own check of every instance has passed; answers one of which it does not in time. */
  async awaitPassed(signal: AbortSignal): Promise<Unwell | undefined> {
    const { clock } = this.#ctx;
    const deadline = clock.monotonic() + agreeMs;
    for (;;) {
      const left = this.#servers(await proxyStats(this.#ctx, signal)).find((s) => s.status === 'down' || !s.checked);
      if (left === undefined) return undefined;
      if (clock.monotonic() >= deadline) return unwell(left);
      await clock.sleep(250, signal);
    }
  }

  #servers(stats: readonly ProxyServerStats[]): ProxyServerStats[] {
    return stats.filter((s) => this.#instances.has(s.server) && (s.status === 'up' || s.status === 'down'));
  }
}

/** What edge and fronts count of an app now. */
export async function proxyStats(ctx: RunContext, signal: AbortSignal): Promise<readonly ProxyServerStats[]> {
  return (await Promise.all([ctx.target.dataPlane.stats(signal), ctx.fronts.stats({ app: ctx.app }, signal)])).flat();
}

function unwell({ server, backend, lastCheck }: ProxyServerStats): Unwell {
  return { name: server, what: `HAProxy's own check of it fails (${lastCheck === '' ? 'no answer yet' : lastCheck}, backend ${backend})` };
}
