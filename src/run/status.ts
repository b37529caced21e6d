import type { AppStatus, InstanceStatus, InternalStatus, JobStatus, ReleaseSummary, ServiceStatus } from '../contract/index.ts';
import { explainExit, isEnded, labels, type ProxyServerStats, type Instance, type Release } from '../model/index.ts';
import { describeProbe, hasEdge, hasFront, type DesiredService } from '../plan/index.ts';
import { lastJobs } from './actions/job.ts';
import { certificateOf } from './certificate/certificate-status.ts';
import type { RunContext, Side } from './deps.ts';
import { inMaintenance } from './maintenance.ts';
import { listInstances, toInstance } from './target/instances.ts';
import { urlsOf } from './rollout/rollout-record.ts';
import { makeSide, sideInputOf } from './target/side.ts';

/** An app as it is now: what the engine runs and what the edge sends traffic to. */
export async function appStatus(ctx: RunContext, signal?: AbortSignal): Promise<AppStatus> {
  const app = ctx.store.getApp(ctx.app);
  const number = app?.currentRelease;
  const release = number === undefined ? undefined : ctx.store.getRelease(ctx.app, number);
  const [instances, jobs, stats, frontStats, frontStates, side] = await Promise.all([
    inspected(ctx, signal),
    lastJobs(ctx, signal),
    ctx.target.dataPlane.stats(signal),
    ctx.fronts.stats({ app: ctx.app }, signal),
    statesOfFronts(ctx, signal),
    release === undefined ? undefined : makeSide(ctx, sideInputOf(release, app?.replicas ?? {}), signal),
  ]);
  const [rollout] = ctx.store.listRollouts(ctx.app, 1);
  // Before the first release serves, a job that failed is what there is to be seen of it.
  const names = new Set([...(side?.services.keys() ?? jobs.map((i) => i.service)), ...instances.map((i) => i.service)]);
  const seen = { side, release, jobs, stats, frontStats, frontStates, stopped: new Set(app?.stoppedServices) };
  return {
    app: ctx.app,
    ...(number === undefined ? {} : { release: number }),
    directory: app?.directory ?? '',
    ...(rollout === undefined || isEnded(rollout.state) ? {} : { rollout }),
    services: [...names].map((name) => serviceStatus(ctx, { ...seen, name, instances: instances.filter((i) => i.service === name) })),
  };
}

/** What the engine says of the containers of the app's fronts, by service. */
async function statesOfFronts(ctx: RunContext, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, string>> {
  const wanted = { [labels.app]: ctx.app, [labels.installation]: ctx.store.installation, [labels.role]: 'front' };
  const found = await ctx.target.engine.listContainers({ labels: wanted, all: true }, signal);
  // One that was replaced may still be there beside the one that runs.
  return new Map(
    found
      .toSorted((a, b) => Number(a.state === 'running') - Number(b.state === 'running'))
      .map((c) => [c.labels[labels.service] ?? '', c.state]),
  );
}

async function inspected(ctx: RunContext, signal: AbortSignal | undefined): Promise<Instance[]> {
  const listed = await listInstances({ engine: ctx.target.engine, installation: ctx.store.installation, app: ctx.app }, signal);
  const details = await Promise.all(listed.map((i) => ctx.target.engine.inspectContainer(i.containerId, signal)));
  return details.flatMap((d) => (d === undefined ? [] : [toInstance(d)]));
}

type Seen = {
  readonly name: string;
  readonly side: Side | undefined;
  readonly release: Release | undefined;
  readonly stats: readonly ProxyServerStats[];
  readonly frontStats: readonly ProxyServerStats[];
  readonly frontStates: ReadonlyMap<string, string>;
  readonly stopped: ReadonlySet<string>;
  readonly instances: readonly Instance[];
  /** Of all services. */
  readonly jobs: readonly Instance[];
};

function serviceStatus(ctx: RunContext, seen: Seen): ServiceStatus {
  const s = seen.side?.services.get(seen.name);
  const instances = instanceStatuses(ctx, s, seen);
  const current = seen.instances.filter((i) => !i.failed).map((i) => i.release);
  const stopped = seen.stopped.has(seen.name);
  return {
    name: seen.name,
    release: current.length > 0 ? Math.max(...current) : (seen.release?.number ?? 0),
    image: seen.release?.images[seen.name]?.source ?? '',
    wanted: stopped || s?.isJob === true ? 0 : (s?.replicas ?? 0),
    ready: instances.filter((i) => i.health === 'healthy').length,
    urls: urlsOf(ctx, ctx.app, seen.name),
    probe: '',
    ...(s === undefined ? {} : releaseStatus(ctx, s, seen)),
    stopped,
    ...(inMaintenance(ctx).includes(seen.name) ? { maintenance: true } : {}),
    instances,
    job: jobStatus(s, seen),
  };
}

function jobStatus(s: DesiredService | undefined, { name, jobs }: Seen): JobStatus | undefined {
  const job = jobs.find((j) => j.service === name);
  if (job === undefined || s?.isJob === false) return undefined;
  return { name: job.name, release: job.release, state: job.state, ...(job.exitCode === undefined ? {} : { exitCode: job.exitCode }) };
}

/** The instances of a service, as the edge sees them, or its front where they are behind that alone. */
function instanceStatuses(ctx: RunContext, s: DesiredService | undefined, seen: Seen): InstanceStatus[] {
  const behindEdge = s !== undefined && hasEdge(s.service);
  const proxied = behindEdge || (s !== undefined && hasFront(s));
  const stats = behindEdge ? seen.stats : seen.frontStats;
  return seen.instances.map((i) => instanceStatus(ctx, i, { stats, proxied }));
}

/** What only a service of the current release has. */
function releaseStatus(ctx: RunContext, s: DesiredService, seen: Seen): Pick<ServiceStatus, 'probe' | 'internal' | 'certificate'> {
  return {
    probe: describeProbe({ ...s.probe, check: foundCheck(seen.side, s) }, s.port),
    internal: internalStatus(ctx, s, seen),
    ...certificateOf(ctx, s.service),
  };
}

function internalStatus(ctx: RunContext, s: DesiredService, seen: Seen): InternalStatus {
  const { internal } = s;
  const front = ctx.store.getFront(ctx.app, seen.name);
  if (internal.kind !== 'front' || front === undefined) return { ...internal, addresses: [], ports: [] };
  return {
    ...internal,
    state: seen.frontStates.get(seen.name) ?? 'missing',
    addresses: front.networks.flatMap((n) => n.address ?? []),
    ports: front.listeners.map(({ port, mode }) => ({ port, mode })).toSorted((a, b) => a.port - b.port),
  };
}

/** The check that is used: what was found by probing where nobody wrote one. */
function foundCheck(side: Side | undefined, s: DesiredService): DesiredService['probe']['check'] {
  const { check } = s.probe;
  return check.kind === 'find' ? (side?.pins.get(s.service.name)?.check ?? check) : check;
}

function instanceStatus(ctx: RunContext, i: Instance, known: { stats: readonly ProxyServerStats[]; proxied: boolean }): InstanceStatus {
  const server = known.stats.find((s) => s.server === i.name && s.backend.startsWith(`${ctx.app}.${i.service}.`));
  const proxies = [ctx.store.getEdge(ctx.app), ctx.store.getFront(ctx.app, i.service)];
  const servers = proxies.flatMap((p) => p?.backends ?? []).flatMap((b) => b.servers);
  const weight = servers.find((s) => s.name === i.name && s.state === 'ready')?.weight;
  const isOver = i.state === 'exited' || i.state === 'dead' || i.state === 'restarting';
  return {
    name: i.name,
    id: i.containerId,
    release: i.release,
    state: i.state,
    health: healthOf(i, { server, proxied: known.proxied }),
    ...(i.address === undefined ? {} : { address: i.address }),
    ...(weight === undefined ? {} : { weight }),
    restarts: i.restarts,
    ...(isOver && i.exitCode !== undefined ? { exit: explainExit(i.exitCode, i.oomKilled === true) } : {}),
    ...(i.startedAtMs === undefined ? {} : { startedAtMs: i.startedAtMs }),
  };
}

function healthOf(i: Instance, known: { server: ProxyServerStats | undefined; proxied: boolean }): string {
  if (i.failed) return 'failed';
  if (i.state === 'exited' || i.state === 'created' || i.state === 'dead') return 'stopped';
  if (i.state !== 'running') return i.state;
  if (i.health === 'unhealthy' || i.health === 'starting') return i.health;
  if (!known.proxied) return 'healthy';
  if (known.server === undefined) return 'starting';
  if (known.server.status === 'drain' || known.server.status === 'maint') return 'draining';
  return known.server.status === 'up' ? 'healthy' : 'unhealthy';
}

/** The releases of an app, newest first, and whether each can be brought back. */
export async function releaseSummaries(ctx: RunContext, signal?: AbortSignal): Promise<ReleaseSummary[]> {
  return Promise.all(
    ctx.store.listReleases(ctx.app).map(async (r): Promise<ReleaseSummary> => {
      const there = await Promise.all(Object.values(r.images).map((image) => ctx.target.engine.inspectImage(image.id, signal)));
      return {
        number: r.number,
        state: r.state,
        createdAtMs: r.createdAtMs,
        origin: r.origin.kind === 'rollback' ? `rollback to ${r.origin.to}` : r.origin.kind,
        images: Object.fromEntries(Object.entries(r.images).map(([name, image]) => [name, { id: image.id, source: image.source }])),
        available: there.every((image) => image !== undefined),
      };
    }),
  );
}
