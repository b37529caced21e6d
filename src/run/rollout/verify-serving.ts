import { BerthError } from '../../errors/index.ts';
import type { Backend, ProxyServerStats } from '../../model/index.ts';
import { gatherEvidence } from '../target/evidence.ts';
import type { RunContext } from '../deps.ts';

/** How long an instance that HAProxy calls down may take to be called up again. */
const patienceMs = 5000;

/** A proxy whose servers must be up: what it counts, and how it is made again where it was taken away. */
type Proxy = {
  readonly backends: readonly Backend[];
  readonly stats: (signal: AbortSignal) => Promise<readonly ProxyServerStats[]>;
  readonly restore: (signal: AbortSignal) => Promise<void>;
};

/**
 * Where nothing has to change, looks once whether HAProxy itself sees every instance up: only that is success. A proxy
 * that was taken away is made again; an instance that does not answer is a failed gate.
 */
export async function verifyServing(ctx: RunContext, signal: AbortSignal): Promise<void> {
  const { app, edge, fronts, store, target } = ctx;
  const mine = store.listFronts().filter((f) => f.app === app);
  const proxies: Proxy[] = [
    { backends: store.getEdge(app)?.backends ?? [], stats: (s) => target.dataPlane.stats(s), restore: (s) => edge.restore(s) },
    { backends: mine.flatMap((f) => f.backends), stats: (s) => fronts.stats({ app }, s), restore: (s) => fronts.restore(app, s) },
  ];
  await Promise.all(proxies.map((proxy) => verifyProxy(ctx, proxy, signal)));
}

async function verifyProxy(ctx: RunContext, proxy: Proxy, signal: AbortSignal): Promise<void> {
  const wanted = proxy.backends.flatMap((b) =>
    b.servers.filter((s) => s.state === 'ready').map((s) => ({ backend: b.name, server: s.name })),
  );
  if (wanted.length === 0) return;
  const isUp = (stats: readonly ProxyServerStats[], w: (typeof wanted)[number]): boolean =>
    stats.some((s) => s.backend === w.backend && s.server === w.server && s.status === 'up');
  const deadline = ctx.clock.monotonic() + patienceMs;
  for (let tries = 0; ; tries++) {
    const stats = await proxy.stats(signal);
    const down = wanted.find((w) => !isUp(stats, w));
    if (down === undefined) return;
    if (tries === 0) await proxy.restore(signal);
    if (ctx.clock.monotonic() >= deadline) throw await notServing(ctx, down.server, stats.find((s) => s.server === down.server)?.lastCheck);
    await ctx.clock.sleep(250, signal);
  }
}

async function notServing(ctx: RunContext, instance: string, lastCheck: string | undefined): Promise<BerthError> {
  const evidence = await gatherEvidence(ctx, { instance, gate: 'HAProxy must see it up', probes: [], port: undefined });
  return new BerthError(
    'GATE_FAILED',
    `Nothing changed, but ${instance} does not answer HAProxy${lastCheck === undefined || lastCheck === '' ? '' : ` (${lastCheck})`}.`,
    {
      hint: 'Look at its log with `berth logs`, or replace it with `berth restart`.',
      details: { evidence },
    },
  );
}
