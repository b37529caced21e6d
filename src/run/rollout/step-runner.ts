import type { BerthError } from '../../errors/index.ts';
import type { Plan, Release, Rollout, RolloutEvent, ServiceFront, Step } from '../../model/index.ts';
import type { RolloutRequest } from '../../contract/index.ts';
import { planRollout, removeServer, type PlanOptions } from '../../plan/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { deadlineMs, withDeadline } from './deadline.ts';
import { whileEngineAway } from '../target/engine-away.ts';
import { executePlan } from './executor.ts';
import { look, observe } from '../target/observe.ts';
import { performStep } from './perform.ts';
import { endRollout, keepPin, promoteRelease, type Ending } from './rollout-record.ts';
import { makeSide, toDesiredState, type SideInput } from '../target/side.ts';

/** Steps that only wait: they end at once when a rollout is cancelled or another step failed. The others are finished. */
const waits = new Set<Step['action']['kind']>([
  'image.pull',
  'image.build',
  'instance.probe',
  'certificate.order',
  'edge.drain',
  'front.drain',
  'instance.quiet',
  'wait',
  'watch',
]);
/** Going forward, an engine that is away is waited for this long; going back, much longer. */
export const awayMs = { forward: 90_000, back: 3_600_000 };

/** What a session starts from. */
export type SessionInput = { readonly rollout: Rollout; readonly request: RolloutRequest; readonly resumed: boolean };

/** What both ways of a rollout share: looking, planning, running steps, and the rollout's own record. */
export class StepRunner {
  readonly ctx: RunContext;
  readonly request: RolloutRequest;
  /** Aborts with CANCELLED when the user cancels, and when the server stops. */
  readonly halt = new AbortController();
  /** Aborts when the server stops: the rollout stays as it is for the next one. */
  readonly suspend = new AbortController();
  rollout: Rollout;

  constructor(ctx: RunContext, input: SessionInput) {
    this.ctx = ctx;
    this.request = input.request;
    this.rollout = input.rollout;
  }

  side(input: SideInput): Promise<Side> {
    return this.patiently(() => makeSide(this.ctx, input, this.suspend.signal), awayMs.forward);
  }

  plan(side: Side, options: PlanOptions): Promise<Plan> {
    const wait = options.direction === 'back' ? awayMs.back : awayMs.forward;
    return this.patiently(async () => {
      const sight = await look(this.ctx, side, this.suspend.signal);
      await this.#forgetVanished(new Set(sight.instances.map((i) => i.name)));
      const observed = await observe(this.ctx, side, sight, this.suspend.signal);
      return planRollout(toDesiredState(this.ctx, side, sight.networks), observed, options);
    }, wait);
  }

  /** An instance that somebody removed by hand has no steps that would take it off edge and front. */
  async #forgetVanished(present: ReadonlySet<string>): Promise<void> {
    const { edge, fronts, store, app } = this.ctx;
    const { signal } = this.suspend;
    const isGone = (s: { name: string }): boolean => !present.has(s.name);
    const vanished = (store.getEdge(app)?.backends ?? []).flatMap((b) =>
      b.servers.filter(isGone).map((s) => ({ service: b.service, name: s.name })),
    );
    if (vanished.length > 0)
      await edge.change(app, (before) => vanished.reduce((e, v) => removeServer(e, v.service, v.name), before), signal);
    for (const front of store.listFronts().filter((f) => f.app === app)) {
      if (!front.backends.some((b) => b.servers.some(isGone))) continue;
      const kept = (f: ServiceFront): ServiceFront => ({
        ...f,
        backends: f.backends.map((b) => ({ ...b, servers: b.servers.filter((s) => !isGone(s)) })),
      });
      await fronts.change(front, (now) => kept(now ?? front), signal);
    }
  }

  /** Does something that looks before it does, and again while the engine is away. */
  patiently<T>(work: () => Promise<T>, mostMs: number): Promise<T> {
    const onFirst = (): void =>
      this.emit({ type: 'notice', level: 'warning', message: 'The container engine does not answer; trying again.' });
    return whileEngineAway(this.ctx.clock, work, { mostMs, signal: this.suspend.signal, onFirst });
  }

  /** Runs a plan's steps. `onResult` hears what each step answered. */
  async execute(
    side: Side,
    plan: Plan,
    options: { halt?: AbortSignal; onResult?: (step: Step, result: unknown) => void } = {},
  ): Promise<void> {
    const halt = options.halt ?? this.halt.signal;
    halt.throwIfAborted();
    this.emit({ type: 'plan.ready', plan });
    const hooks = {
      onPin: (service: string, pin: Release['pins'][string]): void => {
        side.pins.set(service, pin);
        keepPin(this.ctx, side.release, { service, pin });
      },
      onPromote: (): void => promoteRelease(this.ctx, side.release),
      alwaysBuild: this.request.kind === 'build' || (this.request.kind === 'up' && this.request.build === 'always'),
    };
    const perform = async (step: Step, signal: AbortSignal): Promise<unknown> => {
      const limit = { ms: deadlineMs(step.action), what: `Step ${step.id} (${step.action.kind})`, signal: this.#signalFor(step, signal) };
      const result = await withDeadline(this.ctx.clock, limit, (s) => performStep({ ctx: this.ctx, side, hooks }, step, s));
      options.onResult?.(step, result);
      return result;
    };
    const { store, clock, events, rolloutId, app } = this.ctx;
    await executePlan({ store, clock, events, rolloutId, app, perform }, plan.steps, halt);
  }

  #signalFor(step: Step, signal: AbortSignal): AbortSignal {
    if (waits.has(step.action.kind)) return signal;
    // A job runs on in its container when the server stops; the next server waits for it.
    return step.action.kind === 'job.run' ? this.suspend.signal : new AbortController().signal;
  }

  /** The release that this very rollout made, once it is written. */
  ownRelease(): Release | undefined {
    const { toRelease } = this.rollout;
    const release = toRelease === undefined ? undefined : this.ctx.store.getRelease(this.ctx.app, toRelease);
    return release?.rolloutId === this.ctx.rolloutId ? release : undefined;
  }

  currentRelease(): Release | undefined {
    const number = this.ctx.store.getApp(this.ctx.app)?.currentRelease;
    return number === undefined ? undefined : this.ctx.store.getRelease(this.ctx.app, number);
  }

  update(change: { toRelease?: number; state?: Rollout['state']; error?: ReturnType<BerthError['toJSON']> }): void {
    this.ctx.store.updateRollout(this.ctx.rolloutId, change);
    this.rollout = { ...this.rollout, ...change };
  }

  emit(event: RolloutEvent): void {
    this.ctx.events.emit(this.ctx.rolloutId, this.ctx.app, event);
  }

  end(ending: Ending): void {
    endRollout(this.ctx, ending, { beganMs: this.rollout.createdAtMs, release: this.rollout.toRelease ?? this.currentRelease()?.number });
  }
}
