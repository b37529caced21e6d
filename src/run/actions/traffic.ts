import { BerthError } from '../../errors/index.ts';
import type { Backend, ProxyServerStats } from '../../model/index.ts';
import type { Clock, DataPlane } from '../../ports/index.ts';

/** How long HAProxy may take to agree that an instance is up. */
const agreeMs = 10_000;

/** HAProxy's own check must agree before an old instance is let go. `isMine` picks the servers of the instance. */
export async function awaitUp(
  clock: Clock,
  proxy: DataPlane,
  wanted: { readonly instance: string; readonly isMine: (s: ProxyServerStats) => boolean },
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.monotonic() + agreeMs;
  while (true) {
    const servers = (await proxy.stats(signal)).filter(wanted.isMine);
    if (servers.length > 0 && servers.every((s) => s.status === 'up')) return;
    if (clock.monotonic() > deadline) {
      const saw = servers.map((s) => `${s.status}: ${s.lastCheck}`).join('; ');
      throw new BerthError('EDGE_FAILED', `HAProxy does not see ${wanted.instance} up (${saw === '' ? 'it has no such server' : saw}).`);
    }
    await clock.sleep(25, signal);
  }
}

/** What a drained instance had served; kept in the journal as the old release's measure. */
export type Drained = {
  readonly closed: number;
  readonly note?: string;
  readonly requests: number;
  readonly responses5xx: number;
  readonly responseMs: number;
};

/** Lets an instance that gets nothing new finish: in-flight requests end, long-lived connections get their own time. */
export async function drainFrom(
  proxy: DataPlane,
  input: { readonly backends: readonly Backend[]; readonly instance: string; readonly drainMs: number; readonly longDrainMs: number },
  signal: AbortSignal,
): Promise<Drained> {
  const { backends, instance, drainMs, longDrainMs } = input;
  const served = (await proxy.stats(signal)).filter((s) => s.server === instance && backends.some((b) => b.name === s.backend));
  const results = await Promise.all(
    backends.map(async (b) => {
      const server = b.servers.find((s) => s.name === instance);
      if (server === undefined) return { closed: 0 };
      return proxy.drained(
        { backend: b.name, server: instance, address: server.address, port: server.port, mode: b.mode, drainMs, longDrainMs },
        signal,
      );
    }),
  );
  const closed = results.reduce((sum, r) => sum + r.closed, 0);
  const requests = served.reduce((sum, s) => sum + s.requests, 0);
  return {
    closed,
    ...(closed === 0 ? {} : { note: `${closed} long-lived connections outlived the drain and were closed` }),
    requests,
    responses5xx: served.reduce((sum, s) => sum + s.responses5xx, 0),
    responseMs: requests === 0 ? 0 : served.reduce((sum, s) => sum + s.responseMs * s.requests, 0) / requests,
  };
}
