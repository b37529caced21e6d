import type { Instance, ServicePlan } from '../model/index.ts';
import type { Classes } from './classify.ts';
import type { Desired, DesiredService, ObservedCertificate, ObservedEdge, PlanOptions } from './desired.ts';
import { hasEdge } from './desired.ts';
import { hasFront } from './front.ts';
import { takeInstanceName } from './names.ts';
import type { StepList } from './step-list.ts';
import { updateOrder } from './update-order.ts';

/** Everything that planning one service looks at. */
export type ServiceInput = {
  readonly s: DesiredService;
  readonly classes: Classes;
  readonly edge: ObservedEdge | undefined;
  readonly front: ObservedEdge | undefined;
  readonly certificate: ObservedCertificate | undefined;
  readonly desired: Desired;
  readonly options: PlanOptions;
  readonly list: StepList;
  /** Names of containers that cannot be given again. */
  readonly taken: Set<string>;
  /** Steps that must be done before this service changes. */
  readonly needs: readonly string[];
  /** Those among them that its front waits for: the networks. */
  readonly ground: readonly string[];
};

/** Where other services' steps may hook on. */
export type ServiceSteps = {
  readonly plan: ServicePlan;
  readonly started: readonly string[];
  /** When the edge answers for its hosts. */
  readonly open: readonly string[];
  readonly ready: readonly string[];
  /** Names of the instances that come or wake. */
  readonly coming: readonly string[];
};

/** One instance to bring up: an existing one, or one that is created and gets its name when its turn comes. */
type Lane = { readonly found: Instance | undefined };

/** Adds the steps that bring one service from what it is to what it should be. */
export function planService(input: ServiceInput): ServiceSteps {
  const rolling = new ServiceRolling(input);
  return rolling.plan();
}

/** Holds the running state of planning one service: ids so far, and how many instances are ready at this point. */
class ServiceRolling {
  readonly #in: ServiceInput;
  readonly #started: string[] = [];
  readonly #ready: string[] = [];
  readonly #coming: string[] = [];
  /** Instances that the front has from its first moment. */
  #inNewFront: readonly string[] = [];
  #opened: string | undefined;
  #frontOpened: readonly string[] = [];
  /** Done when no instance that is to go is called by the service's name any more. */
  #namesLeft: readonly string[] = [];

  constructor(input: ServiceInput) {
    this.#in = input;
  }

  plan(): ServiceSteps {
    const { s, classes, options } = this.#in;
    const order = updateOrder(s);
    const replaces = classes.retiring.length > 0 && classes.missing + classes.waking.length > 0;
    let needs = this.#ensureCertificate(this.#in.needs);
    if (options.direction === 'forward') needs = this.#clearFailed(needs);
    needs = this.#giveNamesBack(needs);
    this.#openFront();
    this.#leaveNames();
    needs = order.order === 'stop-first' ? this.#stopFirst(needs) : this.#startFirst(needs);
    needs = this.#clearLeftover(needs);
    const settled = classes.edgeDiffers ? [this.#settleRoutes(needs)] : needs;
    if (classes.frontDiffers) this.#settleFront(needs);
    return {
      plan: {
        service: s.service.name,
        ...this.#describe(),
        order: order.order,
        gap: replaces ? order.gap : '0',
        internal: s.internal,
      },
      started: [...(this.#started.length > 0 ? this.#started : needs), ...this.#frontOpened],
      open: this.#opened === undefined ? settled : [this.#opened],
      ready: [...(this.#ready.length > 0 ? this.#ready : needs), ...this.#frontOpened],
      coming: this.#coming,
    };
  }

  #describe(): Pick<ServicePlan, 'change' | 'why'> {
    const { s, classes } = this.#in;
    const comes = classes.missing + classes.waking.length;
    if (comes > 0 && classes.retiring.length > 0) return { change: 'roll', why: this.#whyRoll() };
    if (comes > 0 && classes.serving.length > 0)
      return { change: 'scale', why: `${classes.serving.length} of ${s.replicas} instances are there` };
    if (comes > 0) return { change: 'create', why: 'no instance runs' };
    if (classes.retiring.length > 0) return { change: 'scale', why: `${classes.retiring.length} more than wanted` };
    if (classes.edgeDiffers) return { change: 'roll', why: 'its routes changed' };
    if (classes.frontDiffers) return { change: 'roll', why: 'what its front carries changed' };
    return { change: 'none', why: 'nothing changed' };
  }

  #whyRoll(): string {
    const { s, classes, front } = this.#in;
    if (s.force) return 'asked to restart';
    if (hasFront(s) && classes.retiring.some((i) => i.fronted !== true)) return 'other services reach it through a front from now on';
    if (!hasFront(s) && front !== undefined) return 'other services reach it without a front from now on';
    return 'its image or configuration changed';
  }

  /** A rollout to a front goes back: who looks the name up without it must find these. */
  #giveNamesBack(needs: readonly string[]): readonly string[] {
    const { s, classes, list } = this.#in;
    const named = classes.nameless.map((i) =>
      list.add(
        { kind: 'instance.name', service: s.service.name, instance: i.name, holder: 'instance' },
        'a front had taken its name',
        needs,
      ),
    );
    return named.length > 0 ? [...needs, ...named] : needs;
  }

  /** Before any instance: who depends on the service finds its name, and instances that still have the name are behind it too. */
  #openFront(): void {
    const { s, classes, front, list, ground } = this.#in;
    if (!hasFront(s) || !classes.frontDiffers) return;
    const known = new Set([...(front?.ready ?? []), ...(front?.draining ?? [])]);
    this.#inNewFront = classes.answering.filter((name) => !known.has(name));
    this.#frontOpened = [
      list.add(
        { kind: 'front.open', service: s.service.name, instances: this.#inNewFront },
        front === undefined ? `other services call it by name: ${s.internal.why}` : 'what it carries changed',
        ground,
      ),
    ];
  }

  /**
   * All of them, before the first one goes: a caller whose connection ends with it must not find another that is to go.
   * One after the other, since each has a moment without answer.
   */
  #leaveNames(): void {
    const { s, classes, list, ground } = this.#in;
    for (const i of classes.named) {
      const action = { kind: 'instance.name', service: s.service.name, instance: i.name, holder: 'front' } as const;
      const needs = this.#namesLeft.length > 0 ? this.#namesLeft : [...ground, ...this.#frontOpened];
      this.#namesLeft = [list.add(action, 'it is behind the front', needs)];
    }
  }

  #settleRoutes(needs: readonly string[]): string {
    const { s, list } = this.#in;
    return list.add({ kind: 'edge.routes', service: s.service.name, phase: 'settle' }, 'listeners and routes as the file has them', needs);
  }

  /** Something that TLS can be spoken with, before the edge speaks it. */
  #ensureCertificate(needs: readonly string[]): readonly string[] {
    const { s, certificate, list } = this.#in;
    if (certificate?.ensure === undefined) return needs;
    const { hosts, ensure } = certificate;
    return [...needs, list.add({ kind: 'certificate.ensure', service: s.service.name, hosts }, ensure, this.#in.needs)];
  }

  #settleFront(needs: readonly string[]): void {
    const { s, list } = this.#in;
    const service = s.service.name;
    if (hasFront(s)) list.add({ kind: 'front.settle', service }, 'exactly what its instances listen on', [...needs, ...this.#frontOpened]);
    else {
      const { drainMs } = s.service.rollout;
      list.add({ kind: 'front.remove', service, keepsAddress: false, drainMs }, `callers go without it: ${s.internal.why}`, needs);
    }
  }

  #lanes(): Lane[] {
    const { classes } = this.#in;
    return [
      ...classes.waking.map((found): Lane => ({ found })),
      ...Array.from({ length: classes.missing }, (): Lane => ({ found: undefined })),
    ];
  }

  #nameOf(lane: Lane): string {
    const { s, desired, taken } = this.#in;
    return lane.found?.name ?? s.service.containerName ?? takeInstanceName({ app: desired.app, service: s.service.name, taken });
  }

  /**
   * A batch waits until the one before has its traffic and what it replaced has none. What was replaced is stopped and
   * removed meanwhile, and the containers of the next batch are created: neither holds anybody up.
   */
  #startFirst(needs: readonly string[]): readonly string[] {
    const { s, classes, list } = this.#in;
    const lanes = this.#lanes();
    const retiring = [...classes.retiring];
    // Where nothing is replaced, nothing has to be spared.
    const atOnce = retiring.length === 0 || s.service.rollout.parallelism === 0;
    const batch = atOnce ? Math.max(1, lanes.length) : s.service.rollout.parallelism;
    const ends: string[] = [];
    let ready = classes.serving.length + retiring.length;
    let create = needs;
    let previous = needs;
    while (lanes.length > 0 || retiring.length > 0) {
      const now = lanes.splice(0, batch);
      const up = now.flatMap((lane) => this.#bringUp(lane, { create, start: previous }));
      create = previous;
      ready += now.length;
      const spare = lanes.length === 0 ? retiring.length : ready - s.replicas + s.service.rollout.unavailable;
      const leaving = retiring.splice(0, Math.max(0, spare));
      ready -= leaving.length;
      const after = up.length > 0 ? up : previous;
      const retired = leaving.map((i) => ({ instance: i, ...this.#retire(i, after) }));
      for (const r of retired) ends.push(...this.#remove(r.instance, r.stopped));
      previous = [...after, ...retired.flatMap((r) => r.idle)];
      if (s.service.rollout.delayMs > 0 && lanes.length > 0) {
        previous = [
          list.add({ kind: 'wait', service: s.service.name, ms: s.service.rollout.delayMs }, 'deploy.update_config.delay', previous),
        ];
      }
    }
    return [...previous, ...ends];
  }

  #stopFirst(needs: readonly string[]): readonly string[] {
    const { s, classes, list } = this.#in;
    const lanes = this.#lanes();
    const retiring = [...classes.retiring];
    const batch = s.service.rollout.parallelism === 0 ? Math.max(1, lanes.length) : s.service.rollout.parallelism;
    let alive = classes.serving.length + retiring.length;
    let previous = needs;
    while (lanes.length > 0 || retiring.length > 0) {
      const now = lanes.splice(0, batch);
      const tooMany = lanes.length === 0 ? retiring.length : alive + now.length - s.replicas;
      const leaving = retiring.splice(0, Math.max(0, tooMany));
      alive += now.length - leaving.length;
      let stopped = leaving.map((i) => ({ instance: i, needs: this.#retire(i, previous).stopped }));
      let after = stopped.length > 0 ? stopped.flatMap((r) => r.needs) : previous;
      if (s.service.containerName !== undefined) {
        after = [...after, ...stopped.flatMap((r) => this.#remove(r.instance, r.needs)), ...this.#clearLeftover(previous)];
        stopped = [];
      }
      const up = now.flatMap((lane) => this.#bringUp(lane, { create: after, start: after }));
      previous = up.length > 0 ? up : after;
      const gone = stopped.flatMap((r) => this.#remove(r.instance, previous));
      if (gone.length > 0) previous = [...previous, ...gone];
      if (s.service.rollout.delayMs > 0 && lanes.length > 0) {
        previous = [
          list.add({ kind: 'wait', service: s.service.name, ms: s.service.rollout.delayMs }, 'deploy.update_config.delay', previous),
        ];
      }
    }
    return previous;
  }

  #bringUp(lane: Lane, needs: { create: readonly string[]; start: readonly string[] }): string[] {
    const { s, list } = this.#in;
    const service = s.service.name;
    const { found } = lane;
    const instance = this.#nameOf(lane);
    this.#coming.push(instance);
    let last = needs.start;
    if (found === undefined) {
      const created = list.add(
        { kind: 'instance.create', service, instance, config: s.config },
        'one instance of the new release',
        needs.create,
      );
      last = [...needs.start, created];
    }
    if (found?.state !== 'running') {
      last = [list.add({ kind: 'instance.start', service, instance }, found === undefined ? 'created' : `it is ${found.state}`, last)];
      this.#started.push(...last);
    }
    last = [
      list.add(
        { kind: 'instance.probe', service, instance, probe: s.probe, monitorMs: s.service.rollout.monitorMs },
        'no traffic before it answers',
        last,
      ),
    ];
    const joins = [...(hasEdge(s.service) ? this.#addToEdge(instance, last) : []), ...this.#addToFront(instance, last)];
    if (joins.length > 0) last = joins;
    this.#ready.push(...last);
    return [...last];
  }

  #addToEdge(instance: string, needs: readonly string[]): readonly string[] {
    const { s, list, classes } = this.#in;
    const service = s.service.name;
    if (classes.edgeDiffers)
      this.#opened ??= list.add({ kind: 'edge.routes', service, phase: 'open' }, 'listeners and routes before the first instance', needs);
    return [
      list.add({ kind: 'edge.add', service, instance }, 'it is ready', this.#opened === undefined ? needs : [...needs, this.#opened]),
    ];
  }

  /** A front that is to go has every instance too, as long as it is there. */
  #addToFront(instance: string, needs: readonly string[]): readonly string[] {
    const { s, list, front } = this.#in;
    if (!hasFront(s) && front === undefined) return [];
    return [list.add({ kind: 'front.add', service: s.service.name, instance }, 'it is ready', [...needs, ...this.#frontOpened])];
  }

  /** Takes an instance out of traffic and stops it; answers the steps after which it does nothing any more, and is stopped. */
  #retire(i: Instance, after: readonly string[]): { readonly idle: readonly string[]; readonly stopped: readonly string[] } {
    const { s, list, edge, front } = this.#in;
    const service = s.service.name;
    const needs = [...after, ...this.#namesLeft];
    const stop = (idle: readonly string[]): readonly string[] => [
      list.add(
        { kind: 'instance.stop', service, instance: i.name, graceMs: s.service.stopGraceMs },
        `release ${i.release} is replaced`,
        idle,
      ),
    ];
    const { drainMs, longDrainMs } = s.service.rollout;
    const drain = { service, instance: i.name, drainMs, longDrainMs };
    const has = (proxy: ObservedEdge | undefined): boolean =>
      proxy?.ready.includes(i.name) === true || proxy?.draining.includes(i.name) === true;
    const why = 'nothing new, and what it has ends';
    const drained = [
      ...(has(edge) ? [list.add({ kind: 'edge.drain', ...drain }, why, needs)] : []),
      ...(has(front) || this.#inNewFront.includes(i.name)
        ? [list.add({ kind: 'front.drain', ...drain }, why, [...needs, ...this.#frontOpened])]
        : []),
    ];
    const idle = drained.length > 0 ? this.#untilQuiet(i, drained) : drained;
    const stopped = stop(idle.length > 0 ? idle : needs);
    return { idle: idle.length > 0 ? idle : stopped, stopped };
  }

  /** Callers from before there was a front may know the instance's own address. */
  #untilQuiet(i: Instance, needs: readonly string[]): readonly string[] {
    const { s, list } = this.#in;
    if (!hasFront(s) || i.fronted === true) return needs;
    const { drainMs } = s.service.rollout;
    return [
      list.add(
        { kind: 'instance.quiet', service: i.service, instance: i.name, drainMs },
        'it was called by its own address until now',
        needs,
      ),
    ];
  }

  #remove(i: Instance, needs: readonly string[]): readonly string[] {
    if (this.#in.options.keep.includes(i.name)) return needs;
    return [this.#in.list.add({ kind: 'instance.remove', service: i.service, instance: i.name }, 'stopped and no longer needed', needs)];
  }

  #clearFailed(needs: readonly string[]): readonly string[] {
    const { classes, list } = this.#in;
    const gone = classes.failed.map((i) =>
      list.add({ kind: 'instance.remove', service: i.service, instance: i.name }, 'it failed earlier and was kept to be looked at', needs),
    );
    return gone.length > 0 ? [...needs, ...gone] : needs;
  }

  #leftoverCleared = false;

  #clearLeftover(needs: readonly string[]): readonly string[] {
    if (this.#leftoverCleared) return needs;
    this.#leftoverCleared = true;
    const gone = this.#in.classes.leftover.flatMap((i) => this.#remove(i, needs));
    return gone.length > 0 ? [...needs, ...gone] : needs;
  }
}
