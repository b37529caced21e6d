import { BerthError } from '../../errors/index.ts';
import type { ProxyServerStats } from '../../model/index.ts';
import { gatherEvidence } from '../target/evidence.ts';
import type { RunContext } from '../deps.ts';

/** How long an instance that the edge calls down may take to be called up again. */
const patienceMs = 5000;

/**
 * Where nothing has to change, looks once whether HAProxy itself sees every instance up: only that is success. An edge
 * that was taken away is made again; an instance that does not answer is a failed gate.
 */
export async function verifyServing(ctx: RunContext, signal: AbortSignal): Promise<void> {
  const wanted = (ctx.store.getEdge(ctx.app)?.backends ?? []).flatMap((b) =>
    b.servers.filter((s) => s.state === 'ready').map((s) => ({ backend: b.name, server: s.name })),
  );
  if (wanted.length === 0) return;
  const isUp = (stats: readonly ProxyServerStats[], w: (typeof wanted)[number]): boolean =>
    stats.some((s) => s.backend === w.backend && s.server === w.server && s.status === 'up');
  const deadline = ctx.clock.monotonic() + patienceMs;
  for (let tries = 0; ; tries++) {
    const stats = await ctx.target.dataPlane.stats(signal);
    const down = wanted.find((w) => !isUp(stats, w));
    if (down === undefined) return;
    if (tries === 0) await ctx.edge.restore(signal);
    if (ctx.clock.monotonic() >= deadline) throw await notServing(ctx, down.server, stats.find((s) => s.server === down.server)?.lastCheck);
    await ctx.clock.sleep(250, signal);
  }
}

async function notServing(ctx: RunContext, instance: string, lastCheck: string | undefined): Promise<BerthError> {
  const evidence = await gatherEvidence(ctx, { instance, gate: 'the edge must see it up', probes: [], port: undefined });
  return new BerthError(
    'GATE_FAILED',
    `Nothing changed, but ${instance} does not answer the edge${lastCheck === undefined || lastCheck === '' ? '' : ` (${lastCheck})`}.`,
    {
      hint: 'Look at its log with `berth logs`, or replace it with `berth restart`.',
      details: { evidence },
    },
  );
}
