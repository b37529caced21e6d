import type { Action } from '../../model/index.ts';
import type { RunContext } from '../deps.ts';
import { needInstance } from '../target/instances.ts';

/** Two looks without a caller are needed: a connection that is just being made shows a moment later. */
const looks = 2;
const pauseMs = 20;

/**
 * Waits until nobody calls an instance by its own address any more, as far as the kernel shows connections; its proxies
 * have let go of it before. Its name is the engine's to give and goes with the container, so new callers may come until then.
 */
export async function awaitQuiet(
  ctx: RunContext,
  action: Extract<Action, { kind: 'instance.quiet' }>,
  signal: AbortSignal,
): Promise<{ closed: number; note?: string }> {
  const details = await needInstance(ctx, action.instance, signal);
  const own = new Set(Object.values(details.networks).map((n) => n.address));
  const gateways = await gatewaysOf(ctx, Object.keys(details.networks), signal);
  const fronts = ctx.store.getFront(ctx.app, action.service)?.networks.flatMap((n) => n.address ?? []) ?? [];
  const known = new Set([...own, ...gateways, ...fronts]);
  const deadline = ctx.clock.monotonic() + action.drainMs;
  for (let quiet = 0; ; await ctx.clock.sleep(pauseMs, signal)) {
    const callers = (await ctx.host.callers(details.pid)).filter((c) => !known.has(c.address) && !c.address.startsWith('127.'));
    quiet = callers.length === 0 ? quiet + 1 : 0;
    if (quiet >= looks) return { closed: 0 };
    if (ctx.clock.monotonic() >= deadline) {
      return { closed: callers.length, note: `${callers.length} connections straight to it outlived the drain` };
    }
  }
}

/** The machine itself calls from a network's gateway: its edge, which has drained the instance, and berth's own probes. */
async function gatewaysOf(ctx: RunContext, names: readonly string[], signal: AbortSignal): Promise<string[]> {
  const networks = await Promise.all(names.map((name) => ctx.target.engine.inspectNetwork(name, signal)));
  return networks.flatMap((n) => n?.subnets.flatMap((s) => s.gateway ?? []) ?? []);
}
