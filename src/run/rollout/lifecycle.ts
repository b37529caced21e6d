import type { RolloutRequest } from '../../contract/index.ts';
import { labels, type Plan } from '../../model/index.ts';
import { planDown, planStop, type RunningService } from '../../plan/index.ts';
import { edgeNetwork } from '../target/addressing.ts';
import type { RunContext, Side } from '../deps.ts';
import { observeEdge, observeFronts } from '../target/observe.ts';
import { listInstances } from '../target/instances.ts';
import { makeSide, sideInputOf } from '../target/side.ts';

type StopOrDown = Extract<RolloutRequest, { kind: 'stop' | 'down' }>;

/** The plan of `berth stop` or `berth down`, from what runs now. */
export async function planLifecycle(ctx: RunContext, request: StopOrDown, signal?: AbortSignal): Promise<{ plan: Plan; side: Side }> {
  const side = await currentSide(ctx, signal);
  const instances = await listInstances({ engine: ctx.target.engine, installation: ctx.store.installation, app: ctx.app }, signal);
  const edge = observeEdge(ctx, side);
  const fronts = observeFronts(ctx, side, await ctx.target.engine.listNetworks(signal));
  const named = request.kind === 'stop' ? request.services : [];
  const names = [
    ...new Set([...side.services.keys(), ...instances.map((i) => i.service), ...Object.keys(edge), ...Object.keys(fronts)]),
  ].filter((n) => named.length === 0 || named.includes(n));
  const services = names.map((name): RunningService => {
    const service = side.services.get(name)?.service;
    return {
      service: name,
      instances: instances.filter((i) => i.service === name),
      edge: edge[name],
      front: fronts[name],
      dependsOn: service?.dependsOn.map((d) => d.service) ?? [],
      graceMs: service?.stopGraceMs ?? 10_000,
      drainMs: service?.rollout.drainMs ?? 30_000,
      longDrainMs: service?.rollout.longDrainMs ?? 30_000,
    };
  });
  const base = { app: ctx.app, release: side.release, services };
  if (request.kind === 'stop') return { plan: planStop(base), side };
  const networks = [...side.project.networks.filter((n) => !n.external).map((n) => n.name), edgeNetwork(ctx.app).name];
  return {
    plan: planDown({
      ...base,
      networks: await existing(ctx, networks, signal),
      volumes: request.volumes ? await appVolumes(ctx, signal) : [],
    }),
    side,
  };
}

/** Volumes that berth made for the app: what `down --volumes` removes. */
export async function appVolumes(ctx: Pick<RunContext, 'target' | 'store' | 'app'>, signal?: AbortSignal): Promise<string[]> {
  const found = await ctx.target.engine.listVolumes(
    { labels: { [labels.app]: ctx.app, [labels.installation]: ctx.store.installation } },
    signal,
  );
  return found.map((v) => v.name).toSorted();
}

async function existing(ctx: RunContext, networks: readonly string[], signal: AbortSignal | undefined): Promise<string[]> {
  const found = new Set((await ctx.target.engine.listNetworks(signal)).map((n) => n.name));
  return networks.filter((n) => found.has(n));
}

/** What is known of the app: its current release, else its newest one, else nothing. */
async function currentSide(ctx: RunContext, signal: AbortSignal | undefined): Promise<Side> {
  const app = ctx.store.getApp(ctx.app);
  const release =
    app?.currentRelease === undefined ? ctx.store.listReleases(ctx.app)[0] : ctx.store.getRelease(ctx.app, app.currentRelease);
  if (release !== undefined) return makeSide(ctx, sideInputOf(release, app?.replicas ?? {}), signal);
  const project = { name: ctx.app, directory: app?.directory ?? '/', services: [], networks: [], volumes: [], places: {} };
  return { release: 0, project, images: {}, services: new Map(), pins: new Map(), secrets: {} };
}
