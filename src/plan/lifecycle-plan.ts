import type { Instance, Plan, ServicePlan } from '../model/index.ts';
import type { ObservedEdge } from './desired.ts';
import { StepList } from './step-list.ts';

/** What retiring the instances of one service needs to know. */
type Retirement = {
  readonly service: string;
  readonly instances: readonly Instance[];
  readonly edge: ObservedEdge | undefined;
  readonly front: ObservedEdge | undefined;
  readonly needs: readonly string[];
  readonly why: string;
  readonly keep?: readonly string[];
  readonly graceMs?: number;
  readonly drainMs?: number;
  readonly longDrainMs?: number;
};

/** Adds the steps that drain and stop instances; answers the last step of each. */
function planStopping(list: StepList, r: Retirement): string[] {
  return r.instances.map((i) => {
    const drain = { service: r.service, instance: i.name, drainMs: r.drainMs ?? 30_000, longDrainMs: r.longDrainMs ?? 30_000 };
    const has = (proxy: ObservedEdge | undefined): boolean =>
      proxy?.ready.includes(i.name) === true || proxy?.draining.includes(i.name) === true;
    const drained = [
      ...(has(r.edge) ? [list.add({ kind: 'edge.drain', ...drain }, 'what it has ends first', r.needs)] : []),
      ...(has(r.front) ? [list.add({ kind: 'front.drain', ...drain }, 'what it has ends first', r.needs)] : []),
    ];
    const needs = drained.length > 0 ? drained : r.needs;
    return list.add({ kind: 'instance.stop', service: r.service, instance: i.name, graceMs: r.graceMs ?? 10_000 }, r.why, needs);
  });
}

/** Adds the steps that take a whole service away. */
export function planRemoval(list: StepList, r: Retirement): string[] {
  const stopped = planStopping(list, r);
  const removed = r.instances
    .filter((i) => r.keep?.includes(i.name) !== true)
    .map((i) => list.add({ kind: 'instance.remove', service: r.service, instance: i.name }, r.why, stopped));
  const gone = [...r.needs, ...removed];
  const why = 'nothing is behind it any more';
  if (r.edge !== undefined) removed.push(list.add({ kind: 'edge.forget', service: r.service }, why, gone));
  if (r.front !== undefined) removed.push(list.add({ kind: 'front.remove', service: r.service, keepsAddress: false }, why, gone));
  return removed;
}

/** A service as stopping and taking down see it. */
export type RunningService = {
  readonly service: string;
  readonly instances: readonly Instance[];
  readonly edge: ObservedEdge | undefined;
  readonly front: ObservedEdge | undefined;
  readonly dependsOn: readonly string[];
  readonly graceMs: number;
  readonly drainMs: number;
  readonly longDrainMs: number;
};

/** Dependents first. Services not named in the order come first, too. */
function dependentsFirst(services: readonly RunningService[]): RunningService[] {
  const rest = new Map(services.map((s) => [s.service, s]));
  const ordered: RunningService[] = [];
  while (rest.size > 0) {
    const free = [...rest.values()].filter((s) => ![...rest.values()].some((other) => other !== s && other.dependsOn.includes(s.service)));
    const next = free.length > 0 ? free : [...rest.values()];
    for (const s of next) {
      ordered.push(s);
      rest.delete(s.service);
    }
  }
  return ordered;
}

/** Steps that dependents of a service end with, so that it stops after them. */
function needsOfDependents(s: RunningService, services: readonly RunningService[], ends: ReadonlyMap<string, readonly string[]>): string[] {
  return services.filter((other) => other.dependsOn.includes(s.service)).flatMap((other) => ends.get(other.service) ?? []);
}

/** The plan of `berth stop`: traffic out, then stopped, dependents first; the containers stay. */
export function planStop(input: { app: string; release: number; services: readonly RunningService[] }): Plan {
  const list = new StepList();
  const ends = new Map<string, readonly string[]>();
  const plans: ServicePlan[] = [];
  for (const s of dependentsFirst(input.services)) {
    const alive = s.instances.filter((i) => !i.failed && i.state !== 'exited' && i.state !== 'dead');
    const needs = needsOfDependents(s, input.services, ends);
    const stopped = planStopping(list, { ...s, instances: alive, needs, why: 'asked to stop' });
    if (s.front !== undefined) {
      // Its address is kept for it: whoever was told it once may go on using it after `berth start`.
      const gone = { kind: 'front.remove', service: s.service, keepsAddress: true } as const;
      stopped.push(list.add(gone, 'nothing is behind it until `berth start`', [...needs, ...stopped]));
    }
    ends.set(s.service, stopped);
    plans.push({
      service: s.service,
      change: stopped.length > 0 ? 'stop' : 'none',
      why: stopped.length > 0 ? 'asked to stop' : 'it does not run',
      order: 'stop-first',
      gap: 'until `berth start`',
    });
  }
  return { app: input.app, release: input.release, services: plans, steps: list.steps, warnings: [] };
}

/** What `berth down` takes away besides the services. */
export type DownInput = {
  readonly app: string;
  readonly release: number;
  readonly services: readonly RunningService[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
};

/** The plan of `berth down`: dependents first, then routes, networks and (when asked) volumes. */
export function planDown(input: DownInput): Plan {
  const list = new StepList();
  const ends = new Map<string, readonly string[]>();
  const plans: ServicePlan[] = [];
  for (const s of dependentsFirst(input.services)) {
    ends.set(s.service, planRemoval(list, { ...s, needs: needsOfDependents(s, input.services, ends), why: 'asked to take the app down' }));
    plans.push({ service: s.service, change: 'remove', why: 'asked to take the app down', order: 'stop-first', gap: 'for good' });
  }
  const all = list.steps.map((step) => step.id);
  const forgotten = list.add({ kind: 'edge.forget' }, 'the app has no routes any more', all);
  const networks = input.networks.map((network) => list.add({ kind: 'network.remove', network }, 'nothing is on it any more', [forgotten]));
  for (const volume of input.volumes) list.add({ kind: 'volume.remove', volume }, 'asked with --volumes', [forgotten, ...networks]);
  return { app: input.app, release: input.release, services: plans, steps: list.steps, warnings: [] };
}
