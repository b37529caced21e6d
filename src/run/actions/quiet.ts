import type { Action } from '../../model/index.ts';
import type { RunContext } from '../deps.ts';
import { needInstance } from '../target/instances.ts';

/** An instance is free when nobody has called for a moment; as new callers may come until it ends, a longer one is no better. */
const momentMs = 30;
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
  const fronts = ctx.store.getFront(ctx.app, action.service)?.networks.flatMap((n) => n.address ?? []) ?? [];
  const left = await untilUncalled(ctx, { container: action.instance, drainMs: action.drainMs, quietMs: momentMs, except: fronts }, signal);
  return left === 0 ? { closed: 0 } : { closed: left, note: `${left} connections straight to it outlived the drain` };
}

/** Waits until a container has had no callers for `quietMs` but the machine itself and those named; answers how many it still has when time is up. */
export async function untilUncalled(
  ctx: RunContext,
  input: { readonly container: string; readonly drainMs: number; readonly quietMs: number; readonly except: readonly string[] },
  signal: AbortSignal,
): Promise<number> {
  const details = await needInstance(ctx, input.container, signal);
  const own = Object.values(details.networks).map((n) => n.address);
  const known = new Set([...own, ...(await gatewaysOf(ctx, Object.keys(details.networks), signal)), ...input.except]);
  const began = ctx.clock.monotonic();
  for (let calledMs = began; ; await ctx.clock.sleep(pauseMs, signal)) {
    const callers = (await ctx.host.callers(details.pid)).filter((c) => !known.has(c.address) && !c.address.startsWith('127.'));
    const now = ctx.clock.monotonic();
    if (callers.length > 0) calledMs = now;
    if (callers.length === 0 && now - calledMs >= input.quietMs) return 0;
    if (now - began >= input.drainMs) return callers.length;
  }
}

/** The machine itself calls from a network's gateway: its edge, which has drained the instance, and berth's own probes. */
async function gatewaysOf(ctx: RunContext, names: readonly string[], signal: AbortSignal): Promise<string[]> {
  const networks = await Promise.all(names.map((name) => ctx.target.engine.inspectNetwork(name, signal)));
  return networks.flatMap((n) => n?.subnets.flatMap((s) => s.gateway ?? []) ?? []);
}
