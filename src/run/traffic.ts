import type { TrafficReport } from '../contract/index.ts';
import { backendOwner, labels, type ProxyServerStats } from '../model/index.ts';
import type { ContainerSummary, Engine, RequestCounts, ServiceTraffic, Store, Telemetry } from '../ports/index.ts';
import type { RunContext } from './deps.ts';

type Asked = { readonly service?: string | undefined; readonly spanMs: number };

/** What was counted for an app's services, with what its proxies have in hand at this moment. */
export async function appTraffic(ctx: RunContext, { service, spanMs }: Asked, signal?: AbortSignal): Promise<TrafficReport> {
  const [counted, edge, fronts] = await Promise.all([
    ctx.telemetry.read({ app: ctx.app, service, spanMs }, signal),
    ctx.target.dataPlane.stats(signal),
    ctx.fronts.stats({ app: ctx.app }, signal),
  ]);
  const nowMs = ctx.clock.now();
  const { fromMs, toMs, services, gaps } = counted ?? {
    fromMs: nowMs,
    toMs: nowMs,
    services: [],
    gaps: [{ kind: 'unseen' as const, fromMs: nowMs - spanMs, toMs: nowMs }],
  };
  const stats = [...edge, ...fronts];
  const current = currentBy(stats);
  const release = ctx.store.getApp(ctx.app)?.currentRelease;
  return {
    app: ctx.app,
    ...(release === undefined ? {} : { release }),
    fromMs,
    toMs,
    services: withBusy(services, { app: ctx.app, service, stats }).map((s) => {
      return serviceReport(s, { seconds: (toMs - fromMs) / 1000, current, app: ctx.app });
    }),
    gaps: [...gaps],
  };
}

/** Tells which release the instances are of that there are: who counts may have been started after them. */
export async function learnReleases(
  deps: { readonly store: Pick<Store, 'installation'>; readonly telemetry: Pick<Telemetry, 'learn'> },
  engine: Pick<Engine, 'listContainers'>,
  signal?: AbortSignal,
): Promise<void> {
  const instances = { [labels.installation]: deps.store.installation, [labels.role]: 'instance' };
  for (const instance of await engine.listContainers({ labels: instances, all: false }, signal)) learnRelease(deps, instance);
}

/** Tells which release made an instance, which is not always the one that gives it traffic: a rollout may find it made already. */
export function learnRelease(
  { telemetry }: { readonly telemetry: Pick<Telemetry, 'learn'> },
  { name, labels: own }: Pick<ContainerSummary, 'name' | 'labels'>,
): void {
  telemetry.learn({ app: own[labels.app] ?? '', name, release: Number(own[labels.release]) });
}

const nothing: RequestCounts = { requests: 0, responses4xx: 0, responses5xx: 0, bytesIn: 0, bytesOut: 0, retries: 0 };

/** What was counted, and services and instances that only have something in hand: a WebSocket is counted when it ends. */
function withBusy(
  counted: readonly ServiceTraffic[],
  { app, service, stats }: { readonly app: string; readonly service: string | undefined; readonly stats: readonly ProxyServerStats[] },
): ServiceTraffic[] {
  const busy = new Map<string, Set<string>>();
  for (const { backend, server, current } of stats) {
    const owner = backendOwner(backend);
    if (current === 0 || owner?.app !== app || (service !== undefined && owner.service !== service)) continue;
    busy.set(owner.service, (busy.get(owner.service) ?? new Set()).add(server));
  }
  const names = [...new Set([...counted.map((s) => s.name), ...busy.keys()])].toSorted();
  return names.map((name) => {
    const known = counted.find((s) => s.name === name) ?? { name, total: nothing, releases: [], instances: [], routes: [] };
    const others = [...(busy.get(name) ?? [])].filter((server) => known.instances.every((i) => i.name !== server));
    return { ...known, instances: [...known.instances, ...others.map((server) => ({ name: server, release: undefined, ...nothing }))] };
  });
}

/** Requests in hand by service, and by service and instance. */
function currentBy(stats: readonly ProxyServerStats[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { backend, server, current } of stats) {
    const owner = backendOwner(backend);
    if (owner === undefined) continue;
    const of = `${owner.app}.${owner.service}`;
    for (const key of [of, `${of} ${server}`]) sums.set(key, (sums.get(key) ?? 0) + current);
  }
  return sums;
}

type Instance = TrafficReport['services'][number]['instances'][number];
type Counts = Omit<Instance, 'name' | 'release'>;
type Shown = { readonly seconds: number; readonly current: ReadonlyMap<string, number>; readonly app: string };

function serviceReport(s: ServiceTraffic, { seconds, current, app }: Shown): TrafficReport['services'][number] {
  const row = (counts: RequestCounts, inFlight?: number): Counts => ({
    requests: counts.requests,
    perSecond: seconds > 0 ? Math.round((counts.requests / seconds) * 100) / 100 : 0,
    responses4xx: counts.responses4xx,
    responses5xx: counts.responses5xx,
    ...(counts.p50Ms === undefined ? {} : { p50Ms: counts.p50Ms, p95Ms: counts.p95Ms, p99Ms: counts.p99Ms }),
    ...(inFlight === undefined ? {} : { inFlight }),
    bytesIn: counts.bytesIn,
    bytesOut: counts.bytesOut,
    retries: counts.retries,
  });
  const of = `${app}.${s.name}`;
  const inFlight = (instance: string): number => current.get(`${of} ${instance}`) ?? 0;
  const instances = s.instances.map((i): Instance => ({ name: i.name, ...releaseOf(i), ...row(i, inFlight(i.name)) }));
  const inFlightOf = (release: number | undefined): number =>
    instances.filter((i) => i.release === release).reduce((sum, i) => sum + (i.inFlight ?? 0), 0);
  return {
    name: s.name,
    ...row(s.total, current.get(of) ?? 0),
    releases: s.releases.map((r) => ({ ...releaseOf(r), ...row(r, inFlightOf(r.release)) })).filter(isSeen),
    instances: instances.filter(isSeen),
    routes: s.routes.map((r) => ({ route: r.route, ...row(r) })).filter(isSeen),
  };
}

/** What had no request in the span is left out: instances and releases of long ago are still counted with. */
function isSeen({ requests, inFlight = 0 }: Counts): boolean {
  return requests > 0 || inFlight > 0;
}

function releaseOf({ release }: { readonly release: number | undefined }): { release?: number } {
  return release === undefined ? {} : { release };
}
