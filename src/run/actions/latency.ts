import type { RunContext, Side } from '../deps.ts';

/** How far back the old release is looked at: what it served hours ago may have been other traffic. */
const spanMs = 10 * 60_000;

/** Latencies of two releases that can be compared. */
export type Compared = { readonly what: string; readonly oldMs: number; readonly newMs: number };

/**
 * The 95th percentiles of a release and of the one before it, from the access log. Undefined unless it counted `requests` of
 * each: it began only now, or both releases have the same number (a restart).
 */
export async function p95Beside(
  ctx: RunContext,
  of: { readonly side: Side; readonly service: string; readonly requests: number },
  signal: AbortSignal,
): Promise<Compared | undefined> {
  const { side, service, requests } = of;
  const counted = await ctx.telemetry.read({ app: ctx.app, service, spanMs }, signal);
  const releases = (counted?.services[0]?.releases ?? []).filter((r) => r.requests >= requests);
  const mine = releases.find((r) => r.release === side.release);
  const before = releases
    .filter((r) => r.release !== undefined && r.release < side.release)
    .toSorted((a, b) => (b.release ?? 0) - (a.release ?? 0))
    .at(0);
  if (mine?.p95Ms === undefined || before?.p95Ms === undefined) return undefined;
  return { what: 'at the 95th percentile', oldMs: before.p95Ms, newMs: mine.p95Ms };
}
