import type { Plan, ServicePlan } from '../model/index.ts';
import { classify, isChanged, type Classes } from './classify.ts';
import type { Desired, DesiredService, Observed, PlanOptions } from './desired.ts';
import { jobName } from './names.ts';
import { dependencyOrder, transitiveDependencies } from './order.ts';
import { planRemoval } from './lifecycle-plan.ts';
import { withPlannedRoutes } from './planned-routes.ts';
import { planService, type ServiceSteps } from './service-plan.ts';
import { StepList } from './step-list.ts';

/**
 * The plan that brings a target from what was observed to what is desired: pure and deterministic, so that
 * `berth plan` prints what `berth up` runs, and a resumed rollout plans the rest of its way from what it finds.
 */
export function planRollout(desired: Desired, observed: Observed, options: PlanOptions): Plan {
  return new RolloutPlanning(desired, observed, options).plan();
}

class RolloutPlanning {
  readonly #desired: Desired;
  readonly #observed: Observed;
  readonly #options: PlanOptions;
  readonly #list = new StepList();
  readonly #services: ServicePlan[] = [];
  readonly #classes = new Map<string, Classes>();
  readonly #steps = new Map<string, ServiceSteps>();
  readonly #jobs = new Map<string, string>();
  readonly #releases = new Map<string, string>();
  readonly #warnings: string[] = [];

  constructor(desired: Desired, observed: Observed, options: PlanOptions) {
    this.#desired = desired;
    this.#observed = observed;
    this.#options = options;
  }

  plan(): Plan {
    const ordered = this.#withForcedDependents(dependencyOrder(this.#desired.services).filter((s) => this.#isTouched(s)));
    for (const s of ordered) this.#classes.set(s.service.name, this.#classify(s));
    const changed = ordered.some((s) => !s.isJob && this.#isChanged(s));
    const base = changed || ordered.some((s) => s.isJob) ? this.#planGround() : [];
    const taken = new Set(this.#observed.instances.map((i) => i.name));
    for (const s of ordered) {
      if (s.isJob) this.#planJob(s, { base, changed });
      else this.#planService(s, { base, taken });
    }
    this.#planOrders();
    this.#planRemovals();
    this.#planEnd();
    return {
      app: this.#desired.app,
      release: this.#desired.release,
      services: withPlannedRoutes(
        this.#services,
        this.#desired.services.map((s) => s.service),
      ),
      steps: this.#list.steps,
      warnings: this.#warnings,
    };
  }

  #isTouched(s: DesiredService): boolean {
    return this.#options.only.length === 0 || this.#options.only.includes(s.service.name);
  }

  #isChanged(s: DesiredService): boolean {
    const classes = this.#classes.get(s.service.name);
    return classes !== undefined && isChanged(classes);
  }

  /** `depends_on.restart: true` rolls the dependent whenever its dependency rolls. */
  #withForcedDependents(ordered: readonly DesiredService[]): DesiredService[] {
    const forced = new Set<string>();
    return ordered.map((s) => {
      const follows = s.service.dependsOn.some((d) => d.restart && (forced.has(d.service) || this.#rolls(d.service)));
      if (follows) forced.add(s.service.name);
      return follows ? { ...s, force: true } : s;
    });
  }

  #rolls(name: string): boolean {
    const s = this.#desired.services.find((d) => d.service.name === name);
    if (s === undefined || s.isJob) return false;
    return this.#classify(s).retiring.length > 0;
  }

  #classify(s: DesiredService): Classes {
    return classify(s, { desired: this.#desired, observed: this.#observed, options: this.#options });
  }

  #planGround(): string[] {
    const networks = this.#desired.networks
      .filter((n) => !this.#observed.networks.includes(n))
      .map((network) => this.#list.add({ kind: 'network.ensure', network }, 'it is not there yet', []));
    const volumes = this.#desired.volumes
      .filter((v) => !this.#observed.volumes.includes(v))
      .map((volume) => this.#list.add({ kind: 'volume.ensure', volume }, 'it is not there yet', []));
    return [...networks, ...volumes];
  }

  /** What has to be done before a service may change: its dependencies, and the release commands of others. */
  #needsOf(s: DesiredService, base: readonly string[]): string[] {
    const needs = [...base];
    for (const d of s.service.dependsOn) {
      const job = this.#jobs.get(d.service);
      if (job !== undefined) needs.push(job);
      const steps = this.#steps.get(d.service);
      if (steps !== undefined) needs.push(...(d.condition === 'service_started' ? steps.started : steps.ready));
    }
    return needs;
  }

  #planJob(s: DesiredService, input: { base: readonly string[]; changed: boolean }): void {
    const name = jobName({ app: this.#desired.app, service: s.service.name, role: 'job', release: this.#desired.release });
    const known = this.#observed.jobs.filter((j) => j.service === s.service.name && j.succeeded);
    const isDone = known.some((j) => j.name === name) || (!input.changed && known.some((j) => j.config === s.config));
    if (!this.#options.promote || isDone) {
      this.#services.push({
        service: s.service.name,
        change: 'none',
        why: 'the job has run',
        order: 'start-first',
        gap: '0',
        internal: s.internal,
      });
      return;
    }
    const id = this.#list.add(
      { kind: 'job.run', service: s.service.name, container: name, role: 'job' },
      'others wait for it to end well',
      this.#needsOf(s, input.base),
    );
    this.#jobs.set(s.service.name, id);
    this.#services.push({
      service: s.service.name,
      change: 'job',
      why: 'once per release',
      order: 'start-first',
      gap: '0',
      internal: s.internal,
    });
  }

  #planService(s: DesiredService, input: { base: readonly string[]; taken: Set<string> }): void {
    const classes = this.#classes.get(s.service.name);
    if (classes === undefined) return;
    if (!isChanged(classes)) {
      this.#services.push({
        service: s.service.name,
        change: 'none',
        why: 'nothing changed',
        order: 'start-first',
        gap: '0',
        internal: s.internal,
      });
      return;
    }
    if (s.service.rollout.failureAction === 'continue') {
      this.#warnings.push(
        `${s.service.name}: failure_action \`continue\` would replace instances that serve by some that do not; berth goes back instead.`,
      );
    }
    const needs = this.#needsOf(s, input.base);
    needs.push(...this.#releaseCommand(s, classes, needs), ...this.#foreignReleases(s));
    const steps = planService({
      s,
      classes,
      edge: this.#observed.edge[s.service.name],
      front: this.#observed.fronts[s.service.name],
      certificate: this.#observed.certificates?.[s.service.name],
      desired: this.#desired,
      options: this.#options,
      list: this.#list,
      taken: input.taken,
      needs,
      ground: input.base,
    });
    this.#steps.set(s.service.name, steps);
    this.#services.push(steps.plan);
  }

  #releaseCommand(s: DesiredService, classes: Classes, needs: readonly string[]): string[] {
    if (s.service.release === undefined || !this.#options.promote || classes.missing === 0) return [];
    const name = jobName({ app: this.#desired.app, service: s.service.name, role: 'release', release: this.#desired.release });
    if (this.#observed.jobs.some((j) => j.name === name && j.succeeded)) return [];
    const id = this.#list.add(
      { kind: 'job.run', service: s.service.name, container: name, role: 'release' },
      'once per release, before any instance changes',
      needs,
    );
    this.#releases.set(s.service.name, id);
    return [id];
  }

  /** Release commands of other services come first too, unless this one is what they stand on. */
  #foreignReleases(s: DesiredService): string[] {
    const all = this.#desired.services.map((d) => d.service);
    return [...this.#releases].filter(([owner]) => !transitiveDependencies(all, owner).has(s.service.name)).map(([, id]) => id);
  }

  /**
   * Orders of certificates, of many hosts before those that they may make needless. Nothing waits for them: an ACME server
   * that says no, or nothing, must not hold a rollout up.
   */
  #planOrders(): void {
    if (this.#options.direction === 'back') return;
    const wanted = [...this.#steps].flatMap(([service, { open }]) => {
      const { order, hosts = [] } = this.#observed.certificates?.[service] ?? {};
      return order === undefined ? [] : [{ service, order, hosts, open }];
    });
    const placed: { readonly id: string; readonly hosts: readonly string[] }[] = [];
    for (const { service, order, hosts, open } of wanted.toSorted((a, b) => b.hosts.length - a.hosts.length)) {
      const wider = placed.filter((one) => hosts.every((host) => one.hosts.includes(host))).map(({ id }) => id);
      placed.push({ id: this.#list.add({ kind: 'certificate.order', service, hosts }, order, [...open, ...wider]), hosts });
    }
  }

  #planRemovals(): void {
    if (this.#options.only.length > 0) return;
    const wanted = new Set(this.#desired.services.map((s) => s.service.name));
    const gone = new Set(this.#observed.instances.map((i) => i.service).filter((name) => !wanted.has(name)));
    for (const name of Object.keys({ ...this.#observed.edge, ...this.#observed.fronts })) if (!wanted.has(name)) gone.add(name);
    const before = this.#list.steps.map((step) => step.id);
    for (const service of [...gone].toSorted()) {
      const instances = this.#observed.instances.filter((i) => i.service === service && !(this.#options.direction === 'back' && i.failed));
      const [edge, front] = [this.#observed.edge[service], this.#observed.fronts[service]];
      if (instances.length === 0 && edge === undefined && front === undefined) continue;
      planRemoval(this.#list, {
        service,
        instances,
        edge,
        front,
        needs: before,
        why: 'the file has no such service any more',
      });
      this.#services.push({ service, change: 'remove', why: 'the file has no such service any more', order: 'start-first', gap: '0' });
    }
  }

  #planEnd(): void {
    const rolled = this.#desired.services.filter((s) => {
      const classes = this.#classes.get(s.service.name);
      if (s.isJob || classes === undefined || this.#observed.watched) return false;
      const hasBegun = this.#observed.instances.some((i) => i.service === s.service.name && i.rolloutId === this.#desired.rolloutId);
      return hasBegun || classes.missing + classes.waking.length > 0;
    });
    const ms = Math.max(0, ...rolled.map((s) => s.service.rollout.watchMs));
    const all = (): string[] => this.#list.steps.map((step) => step.id);
    if (this.#options.watch && ms > 0)
      this.#watch(
        rolled.map((s) => s.service.name),
        ms,
      );
    if (this.#options.promote) this.#list.add({ kind: 'release.promote', release: this.#desired.release }, 'it passed every gate', all());
  }

  /** What was replaced has no traffic any more: the watch need not wait until the last of it is stopped and removed. */
  #watch(services: readonly string[], ms: number): void {
    const isTidying = (kind: string): boolean => kind === 'instance.stop' || kind === 'instance.remove' || kind === 'certificate.order';
    const needs = this.#list.steps.filter(({ action }) => !isTidying(action.kind)).map((step) => step.id);
    const instances = services.flatMap((name) => [
      ...(this.#classes.get(name)?.serving ?? []).map((i) => i.name),
      ...(this.#steps.get(name)?.coming ?? []),
    ]);
    this.#list.add({ kind: 'watch', services, instances, ms }, 'the new release under real traffic', needs);
  }
}
