import { BerthError } from '../../errors/index.ts';
import type { Action, AppEdge, Backend, ProxyServerStats } from '../../model/index.ts';
import {
  addServer,
  drainServer,
  forgetService,
  openService,
  removeServer,
  serviceEdge,
  settleService,
  type ServiceEdge,
} from '../../plan/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { addressOf, needInstance } from '../target/instances.ts';
import { certificatesOf } from '../certificate/wishes.ts';
import { learnRelease } from '../traffic.ts';
import { awaitUp, drainFrom, type Drained } from './traffic.ts';

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** What a service wants of the edge, with the protocol that is written or was found. */
export function wantedEdge(ctx: Pick<RunContext, 'app' | 'certificates' | 'clock'>, side: Side, service: string): ServiceEdge {
  const s = side.services.get(service);
  if (s === undefined) return { listeners: [], backends: [], targets: {} };
  const pin = side.pins.get(service);
  const protocol = s.protocol ?? pin?.protocol ?? 'http';
  const check = s.probe.check.kind === 'find' ? (pin?.check ?? { kind: 'tcp' as const }) : s.probe.check;
  return serviceEdge({ app: ctx.app, s, protocol, check, certificates: certificatesOf(ctx, s.service) });
}

/** Opens a service's listeners and backends, or makes them exactly as wanted. */
export async function applyRoutes(ctx: RunContext, side: Side, action: Of<'edge.routes'>, signal: AbortSignal): Promise<void> {
  const wanted = wantedEdge(ctx, side, action.service);
  const change = action.phase === 'open' ? openService : settleService;
  await ctx.edge.change(ctx.app, (edge) => change(edge, ctx.app, action.service, wanted), signal);
}

/** Gives an instance traffic, and returns when HAProxy itself calls it up. */
export async function addToEdge(ctx: RunContext, side: Side, action: Of<'edge.add'>, signal: AbortSignal): Promise<void> {
  const details = await needInstance(ctx, action.instance, signal);
  const address = addressOf(details);
  if (address === undefined) throw new BerthError('EDGE_FAILED', `${action.instance} has no address that the edge could use.`);
  learnRelease(ctx, details);
  const { targets } = wantedEdge(ctx, side, action.service);
  await ctx.edge.change(
    ctx.app,
    (edge) => addServer(edge, { service: action.service, instance: action.instance, address, targets }),
    signal,
  );
  // A service whose every route answers by itself (a redirect) has no server that could be up.
  if (Object.keys(targets).length === 0) return;
  const isMine = (s: ProxyServerStats): boolean => s.server === action.instance && s.backend.startsWith(`${ctx.app}.${action.service}.`);
  await awaitUp(ctx.clock, ctx.target.dataPlane, { instance: action.instance, isMine }, signal);
}

/** Lets an instance finish: nothing new, in-flight requests end, long-lived connections get their own time. */
export async function drainFromEdge(ctx: RunContext, action: Of<'edge.drain'>, signal: AbortSignal): Promise<Drained> {
  const { service, instance, drainMs, longDrainMs } = action;
  await ctx.edge.change(ctx.app, (edge) => drainServer(edge, service, instance), signal);
  const backends = backendsWith(ctx.store.getEdge(ctx.app), service, instance);
  return drainFrom(ctx.target.dataPlane, { backends, instance, drainMs, longDrainMs }, signal);
}

/** Takes an instance off the edge for good. What waited for it to be drained need not wait for this. */
export async function leaveEdge(ctx: RunContext, instance: { service: string; name: string }, signal: AbortSignal): Promise<void> {
  if (backendsWith(ctx.store.getEdge(ctx.app), instance.service, instance.name).length === 0) return;
  await ctx.edge.change(ctx.app, (edge) => removeServer(edge, instance.service, instance.name), signal);
}

function backendsWith(edge: AppEdge | undefined, service: string, instance: string): Backend[] {
  return (edge?.backends ?? []).filter((b) => b.service === service && b.servers.some((s) => s.name === instance));
}

/** Takes a service's (or the whole app's) listeners and backends away. */
export async function forgetOnEdge(ctx: RunContext, action: Of<'edge.forget'>, signal: AbortSignal): Promise<void> {
  const { service } = action;
  if (ctx.store.getEdge(ctx.app) === undefined) return;
  await ctx.edge.change(
    ctx.app,
    (edge) => (service === undefined ? { ...edge, listeners: [], backends: [] } : forgetService(edge, service)),
    signal,
  );
}
