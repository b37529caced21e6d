import { BerthError } from '../../errors/index.ts';
import type { Action, ProbeResult, ProxyServerStats } from '../../model/index.ts';
import type { ContainerDetails } from '../../ports/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { gatherEvidence } from '../target/evidence.ts';
import { addressOf, listInstances, needInstance } from '../target/instances.ts';
import { p95Beside } from './latency.ts';
import { ProxyChecks, proxyStats } from './proxy-checks.ts';
import type { Drained } from './traffic.ts';

/** Gates of DESIGN §5: so many failed probes in a row, and what counts only after so many requests. */
const limits = { failedProbes: 3, requests: 100, errorShare: 0.01, latencyFactor: 2, latencyMs: 100 };
/** A container that is seen down is looked at again after this: the engine itself may be going down. */
const secondLookMs = 2000;

type WatchAction = Extract<Action, { kind: 'watch' }>;
type Watched = {
  readonly name: string;
  readonly service: string;
  readonly startedAtMs: number | undefined;
  readonly restarts: number;
  failures: number;
  readonly probes: ProbeResult[];
};

/** Watches the new release under real traffic and throws WATCH_FAILED with evidence when it is worse than it may be. */
export async function watchRelease(ctx: RunContext, side: Side, action: WatchAction, signal: AbortSignal): Promise<{ note: string }> {
  const old = drainedBefore(ctx, action.services);
  const watched = await awaitRunning(ctx, action, signal);
  const checks = new ProxyChecks(
    ctx,
    watched.map((w) => w.name),
  );
  const began = ctx.clock.monotonic();
  while (true) {
    const left = action.ms - (ctx.clock.monotonic() - began);
    if (left <= 0) break;
    await ctx.clock.sleep(Math.min(1000, left), signal);
    for (const w of watched) await checkInstance(ctx, side, w, signal);
    const stats = await proxyStats(ctx, signal);
    const fallen = checks.findFallen(stats);
    if (fallen !== undefined) throw await failure(ctx, { ...fallen, probes: probesOf(watched, fallen.name) });
    for (const service of action.services) await checkTraffic(ctx, { side, service, old: old.get(service), stats }, signal);
  }
  const unwell = await checks.awaitPassed(signal);
  if (unwell !== undefined) throw await failure(ctx, { ...unwell, probes: probesOf(watched, unwell.name) });
  return { note: `${watched.length} ${watched.length === 1 ? 'instance' : 'instances'} stayed well` };
}

function probesOf(watched: readonly Watched[], name: string): readonly ProbeResult[] {
  return watched.find((w) => w.name === name)?.probes ?? [];
}

/** What the replaced instances had served, per service, from the journal of this rollout. */
function drainedBefore(ctx: RunContext, services: readonly string[]): Map<string, Drained> {
  const sums = new Map<string, Drained>();
  for (const entry of ctx.store.listJournal(ctx.rolloutId)) {
    const { action } = entry.step;
    if ((action.kind !== 'edge.drain' && action.kind !== 'front.drain') || entry.state !== 'done') continue;
    if (!services.includes(action.service)) continue;
    const one = entry.result as Drained;
    const sum = sums.get(action.service) ?? { closed: 0, requests: 0, responses5xx: 0, responseMs: 0 };
    const requests = sum.requests + one.requests;
    const responseMs = requests === 0 ? 0 : (sum.responseMs * sum.requests + one.responseMs * one.requests) / requests;
    sums.set(action.service, { closed: sum.closed + one.closed, requests, responses5xx: sum.responses5xx + one.responses5xx, responseMs });
  }
  return sums;
}

async function awaitRunning(ctx: RunContext, action: WatchAction, signal: AbortSignal): Promise<Watched[]> {
  const deadline = ctx.clock.monotonic() + 15_000;
  while (true) {
    const all = await listInstances({ engine: ctx.target.engine, installation: ctx.store.installation, app: ctx.app }, signal);
    const mine = all.filter((i) => action.instances.includes(i.name) && !i.failed);
    const down = mine.find((i) => i.state !== 'running');
    if (down === undefined) return Promise.all(mine.map((i) => toWatched(ctx, i.name, i.service, signal)));
    if (ctx.clock.monotonic() > deadline) throw await failure(ctx, { name: down.name, what: 'it does not run', probes: [] });
    await ctx.clock.sleep(250, signal);
  }
}

async function toWatched(ctx: RunContext, name: string, service: string, signal: AbortSignal): Promise<Watched> {
  const details = await needInstance(ctx, name, signal);
  return { name, service, startedAtMs: details.startedAtMs, restarts: details.restartCount, failures: 0, probes: [] };
}

async function checkInstance(ctx: RunContext, side: Side, w: Watched, signal: AbortSignal): Promise<void> {
  const hasFallen = (d: ContainerDetails): boolean =>
    d.state !== 'running' || d.restartCount !== w.restarts || d.startedAtMs !== w.startedAtMs;
  let details = await needInstance(ctx, w.name, signal);
  if (hasFallen(details)) {
    await ctx.clock.sleep(secondLookMs, signal);
    details = await needInstance(ctx, w.name, signal);
    if (hasFallen(details)) throw await failure(ctx, { name: w.name, what: 'it ended while it was watched', probes: w.probes });
  }
  const result = await probeOnce(ctx, side, { w, details }, signal);
  if (result === undefined) return;
  w.probes.push(result);
  if (w.probes.length > 5) w.probes.shift();
  w.failures = result.ok ? 0 : w.failures + 1;
  if (w.failures >= limits.failedProbes)
    throw await failure(ctx, { name: w.name, what: `${w.failures} probes in a row failed`, probes: w.probes });
}

async function probeOnce(
  ctx: RunContext,
  side: Side,
  seen: { w: Watched; details: ContainerDetails },
  signal: AbortSignal,
): Promise<ProbeResult | undefined> {
  const { w, details } = seen;
  const s = side.services.get(w.service);
  if (s === undefined) return undefined;
  const check = s.probe.check.kind === 'find' ? side.pins.get(w.service)?.check : s.probe.check;
  const address = addressOf(details);
  const atMs = ctx.clock.now();
  if (check?.kind === 'health') {
    return { atMs, ok: details.health !== 'unhealthy', target: 'health check', outcome: details.health, tookMs: 0 };
  }
  if (check === undefined || address === undefined || s.port === undefined) return undefined;
  const base = { address, port: s.port, timeoutMs: s.probe.timeoutMs };
  if (check.kind === 'http') {
    const host = check.host ?? s.service.routes.find((r) => r.host !== undefined && !r.host.startsWith('*'))?.host;
    const { h2, sendProxy } = s.service;
    const answer = await ctx.prober.http({ ...base, path: check.path, host, h2, sendProxy }, signal);
    return { atMs, ok: answer.ok, target: `GET ${check.path} on port ${s.port}`, outcome: answer.outcome, tookMs: answer.tookMs };
  }
  if (check.kind !== 'tcp') return undefined;
  const answer = await ctx.prober.tcp(base, signal);
  return { atMs, ok: answer.ok, target: `TCP port ${s.port}`, outcome: answer.outcome, tookMs: answer.tookMs };
}

/** Compares what edge and front counted for the new release with what the old one had; without an old one there is no measure. */
async function checkTraffic(
  ctx: RunContext,
  seen: { readonly side: Side; readonly service: string; readonly old: Drained | undefined; readonly stats: readonly ProxyServerStats[] },
  signal: AbortSignal,
): Promise<void> {
  const { side, service, old } = seen;
  if (old === undefined || old.requests < limits.requests) return;
  const servers = seen.stats.filter((s) => s.backend.startsWith(`${ctx.app}.${service}.`) && s.status !== 'drain');
  const requests = servers.reduce((sum, s) => sum + s.requests, 0);
  if (requests < limits.requests) return;
  const share = servers.reduce((sum, s) => sum + s.responses5xx, 0) / requests;
  const allowed = old.responses5xx / old.requests + limits.errorShare;
  const worst = servers[0]?.server ?? service;
  if (share > allowed)
    throw await failure(ctx, {
      name: worst,
      what: `${percent(share)} of ${requests} requests answered 5xx, ${percent(allowed)} are allowed`,
      probes: [],
    });
  const tail = await p95Beside(ctx, { side, service, requests: limits.requests }, signal);
  const meanMs = servers.reduce((sum, s) => sum + s.responseMs * s.requests, 0) / requests;
  const { what, oldMs, newMs } = tail ?? { what: 'on average', oldMs: old.responseMs, newMs: meanMs };
  const allowedMs = oldMs * limits.latencyFactor + limits.latencyMs;
  if (newMs > allowedMs)
    throw await failure(ctx, {
      name: worst,
      what: `answers took ${Math.round(newMs)} ms ${what}, ${Math.round(allowedMs)} ms are allowed`,
      probes: [],
    });
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

async function failure(ctx: RunContext, seen: { name: string; what: string; probes: readonly ProbeResult[] }): Promise<BerthError> {
  const evidence = await gatherEvidence(ctx, { instance: seen.name, gate: 'watch', probes: seen.probes, port: undefined });
  return new BerthError('WATCH_FAILED', `${seen.name} did not stay well after the switch: ${seen.what}.`, { details: { evidence } });
}
