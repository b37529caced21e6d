import { labels, type Instance } from '../../model/index.ts';
import { isFrontSettled, isSettled, serversOf, type Observed, type ObservedEdge, type ObservedJob } from '../../plan/index.ts';
import type { ContainerSummary, NetworkDetails } from '../../ports/index.ts';
import { listJobs } from '../actions/job.ts';
import { wantedEdge } from '../actions/edge.ts';
import { observeCertificates } from '../certificate/wishes.ts';
import { wantedFront } from '../actions/front.ts';
import { frontPlace } from './front-place.ts';
import { edgeNetwork, isOwnNetwork } from './addressing.ts';
import type { RunContext, Side } from '../deps.ts';
import { listInstances } from './instances.ts';

/** Everything on the engine that planning looks at, read once. */
export type Sight = {
  readonly instances: readonly Instance[];
  readonly networks: readonly NetworkDetails[];
  readonly jobs: readonly ContainerSummary[];
  readonly volumes: ReadonlySet<string>;
};

/** Reads the engine: instances and job containers of the app, networks, and the volumes of the project. */
export async function look(ctx: RunContext, side: Pick<Side, 'project'>, signal?: AbortSignal): Promise<Sight> {
  const { engine } = ctx.target;
  const wantedVolumes = side.project.volumes.filter((v) => !v.external);
  const [instances, networks, jobs, volumes] = await Promise.all([
    listInstances({ engine, installation: ctx.store.installation, app: ctx.app }, signal),
    engine.listNetworks(signal),
    listJobs(ctx, signal),
    Promise.all(wantedVolumes.map(async (v) => ((await engine.inspectVolume(v.name, signal)) === undefined ? undefined : v.key))),
  ]);
  return { instances, networks, jobs, volumes: new Set(volumes.filter((v) => v !== undefined)) };
}

/** Turns what was seen into what a plan for `side` compares with. */
export async function observe(ctx: RunContext, side: Side, sight: Sight, signal?: AbortSignal): Promise<Observed> {
  const proven = provenInstances(ctx);
  const names = new Set(sight.networks.map((n) => n.name));
  const networks = [...side.project.networks, edgeNetwork(ctx.app)];
  return {
    instances: sight.instances,
    unproven: sight.instances.filter((i) => i.rolloutId === ctx.rolloutId && !proven.has(i.name)).map((i) => i.name),
    nameless: await observeNameless(ctx, sight.instances, signal),
    edge: observeEdge(ctx, side),
    certificates: observeCertificates(ctx, side),
    fronts: observeFronts(ctx, side, sight.networks),
    networks: networks.filter((n) => names.has(n.name)).map((n) => n.key),
    volumes: [...sight.volumes],
    jobs: await observeJobs(ctx, sight.jobs, signal),
    watched: ctx.store.listJournal(ctx.rolloutId).some((e) => e.step.action.kind === 'watch' && e.state === 'done'),
  };
}

function provenInstances(ctx: RunContext): Set<string> {
  const proven = new Set<string>();
  for (const { step, state } of ctx.store.listJournal(ctx.rolloutId)) {
    const { action } = step;
    if (action.kind === 'instance.probe' && state === 'done') proven.add(action.instance);
    // The same name may have been given to a later container.
    if (action.kind === 'instance.create' || action.kind === 'instance.remove') proven.delete(action.instance);
  }
  return proven;
}

/** While there is a front, instances from before it may have given up the name of their service. */
async function observeNameless(ctx: RunContext, instances: readonly Instance[], signal: AbortSignal | undefined): Promise<string[]> {
  const found = await Promise.all(
    instances.map(async (i) => {
      const front = i.fronted === true ? undefined : ctx.store.getFront(ctx.app, i.service);
      if (front === undefined) return undefined;
      const networks = (await ctx.target.engine.inspectContainer(i.containerId, signal))?.networks ?? {};
      const takenOn = front.networks.filter((n) => n.name !== edgeNetwork(ctx.app).name && isOwnNetwork(ctx, n.name));
      const there = takenOn.flatMap((n) => networks[n.name] ?? []);
      // One that is on none of them any more was left in the middle of it.
      const isNamed = there.length === 0 || there.some((e) => e.aliases.includes(i.service));
      return isNamed ? undefined : i.name;
    }),
  );
  return found.filter((name) => name !== undefined);
}

/** What the store says that the edge has, by service; `settled` compares it with what `side` wants. */
export function observeEdge(ctx: Pick<RunContext, 'store' | 'app' | 'certificates' | 'clock'>, side: Side): Record<string, ObservedEdge> {
  const edge = ctx.store.getEdge(ctx.app);
  const services = new Set((edge?.backends ?? []).map((b) => b.service));
  return Object.fromEntries(
    [...services].map((service) => [
      service,
      {
        ready: serversOf(edge, service, 'ready'),
        draining: serversOf(edge, service, 'drain'),
        settled: side.services.has(service) && isSettled(edge, service, wantedEdge(ctx, side, service)),
      },
    ]),
  );
}

/** What the store says of the app's fronts, by service; `settled` compares each with what `side` wants. */
export function observeFronts(
  ctx: Pick<RunContext, 'store' | 'app'>,
  side: Side,
  networks: readonly NetworkDetails[],
): Record<string, ObservedEdge> {
  const fronts = ctx.store.listFronts().filter((f) => f.app === ctx.app);
  return Object.fromEntries(
    fronts.map((f) => {
      const s = side.services.get(f.service);
      const settled = s !== undefined && isFrontSettled(f, frontPlace(ctx, side, s, networks), wantedFront(side, ctx.app, f.service));
      return [f.service, { ready: serversOf(f, f.service, 'ready'), draining: serversOf(f, f.service, 'drain'), settled }];
    }),
  );
}

async function observeJobs(ctx: RunContext, found: readonly ContainerSummary[], signal: AbortSignal | undefined): Promise<ObservedJob[]> {
  return Promise.all(
    found.map(async (c) => {
      const details = c.state === 'exited' ? await ctx.target.engine.inspectContainer(c.id, signal) : undefined;
      return {
        name: c.name,
        service: c.labels[labels.service] ?? '',
        config: c.labels[labels.config] ?? '',
        succeeded: details?.exitCode === 0 && c.labels[labels.role] !== undefined,
      };
    }),
  );
}
