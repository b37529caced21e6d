import { BerthError, toBerthError } from '../errors/index.ts';
import { stableJson } from '../kit/index.ts';
import type { Plan, Release, Rollout, RolloutEvent, Step } from '../model/index.ts';
import type { RolloutRequest } from '../contract/index.ts';
import { planRollout, type PlanOptions } from '../plan/index.ts';
import { keepFailed } from './actions/instance.ts';
import { forgetAnonymousVolumes } from './anonymous-volumes.ts';
import type { RunContext, Side } from './deps.ts';
import { whileEngineAway } from './engine-away.ts';
import { executePlan, StepFailure } from './executor.ts';
import { needCurrentRelease, rollbackTarget } from './goal.ts';
import { findImages, needImages, tagImages, toReleaseImages, type ImageWish } from './images.ts';
import { planLifecycle } from './lifecycle.ts';
import { look, observe } from './observe.ts';
import { performStep } from './perform.ts';
import { preflight } from './preflight.ts';
import { endRollout, keepPin, promoteRelease, pruneReleases, type Ending } from './rollout-record.ts';
import { makeSide, sideInputOf, toDesiredState, type SideInput } from './side.ts';

/** Steps that only wait: they end at once when a rollout is cancelled or another step failed. The others are finished. */
const waits = new Set<Step['action']['kind']>(['image.pull', 'image.build', 'instance.probe', 'edge.drain', 'wait', 'watch']);
/** How often going back is tried before the app is given up as not in a good state. */
const mostReturns = 6;
/** Going forward, an engine that is away is waited for this long; going back, much longer. */
const awayMs = { forward: 90_000, back: 3_600_000 };

/** What a session starts from. */
export type SessionInput = { readonly rollout: Rollout; readonly request: RolloutRequest; readonly resumed: boolean };

/** Carries out one rollout from request to end: prepare images, plan, run, watch, and go back when a gate fails. */
export class RolloutSession {
  readonly #ctx: RunContext;
  readonly #in: SessionInput;
  /** Aborts with CANCELLED when the user cancels, with `suspended` when the server stops. */
  readonly #halt = new AbortController();
  readonly #suspend = new AbortController();
  #rollout: Rollout;

  constructor(ctx: RunContext, input: SessionInput) {
    this.#ctx = ctx;
    this.#in = input;
    this.#rollout = input.rollout;
  }

  /** Finishes the running steps and goes back. Nothing happens when it goes back already. */
  cancel(): void {
    if (this.#rollout.state === 'running') this.#halt.abort(new BerthError('CANCELLED', 'The rollout was cancelled.'));
  }

  /** Stops between two steps and leaves the rest to the next server. */
  suspend(): void {
    const reason = new BerthError('SERVER_UNREACHABLE', 'The server is stopping.');
    this.#suspend.abort(reason);
    this.#halt.abort(reason);
  }

  /** Runs to an end, or until it is suspended. Never throws. */
  async run(): Promise<void> {
    try {
      if (this.#rollout.state === 'reverting') {
        await this.#goBack(BerthError.from(this.#rollout.error ?? { code: 'INTERNAL', message: 'The server ended while it went back.' }));
        return;
      }
      const ending = await this.#forward();
      this.#end(ending);
    } catch (thrown) {
      if (this.#suspend.signal.aborted) return;
      await this.#fail(thrown instanceof StepFailure ? thrown.error : toBerthError(thrown), thrown);
    }
  }

  async #forward(): Promise<Ending> {
    const { request } = this.#in;
    switch (request.kind) {
      case 'up':
        return this.#up(request);
      case 'rollback': {
        const target = this.#pendingRelease() ?? rollbackTarget(this.#ctx.store, this.#ctx.app, request.to);
        await needImages(this.#ctx, { release: target.number, images: target.images }, this.#halt.signal);
        return this.#rollRelease(sideInputOf(target, {}), { kind: 'rollback', to: target.number }, []);
      }
      case 'scale':
      case 'restart':
      case 'start':
        return this.#rollCurrent(request);
      case 'pull':
        return this.#imagesOnly(request.deployment.project, request.services, { build: 'never', pull: 'always' });
      case 'build':
        return this.#imagesOnly(request.deployment.project, request.services, { build: 'always', pull: 'as-written' });
      case 'stop':
      case 'down':
        return this.#lifecycle(request);
    }
  }

  async #up(request: Extract<RolloutRequest, { kind: 'up' }>): Promise<Ending> {
    const { store } = this.#ctx;
    const pending = this.#pendingRelease();
    if (pending !== undefined) return this.#rollRelease(sideInputOf(pending, {}), { kind: 'up' }, request.services);
    const { project } = request.deployment;
    const services = request.services.length === 0 ? project.services : project.services.filter((s) => request.services.includes(s.name));
    const ids = await this.#prepareImages(project, services, { build: request.build, pull: 'as-written' });
    const current = this.#currentRelease();
    for (const [name, image] of Object.entries(current?.images ?? {})) if (!ids.has(name)) ids.set(name, image.id);
    const next = (store.listReleases(this.#ctx.app)[0]?.number ?? 0) + 1;
    const images = toReleaseImages(this.#ctx.app, project, next, ids);
    return this.#rollRelease(
      { release: next, project, images, pins: store.getPins(this.#ctx.app), replicas: {}, force: [] },
      { kind: 'up' },
      request.services,
    );
  }

  /** Rolls to a release: a new one unless nothing would change. */
  async #rollRelease(input: SideInput, origin: Release['origin'], only: readonly string[]): Promise<Ending> {
    const { store, app } = { store: this.#ctx.store, app: this.#ctx.app };
    const pending = this.#pendingRelease();
    if (pending === undefined) {
      const draft = await this.#side(input);
      const plan = await this.#plan(draft, { direction: 'forward', only, keep: [], watch: true, promote: false });
      const current = this.#currentRelease();
      if (plan.steps.length === 0 && current !== undefined && isSameProject(current, input) && origin.kind === 'up') return unchanged;
      await preflight(this.#ctx, draft, only, this.#halt.signal);
      const number = store.nextRelease(app);
      const images = toReleaseImages(
        app,
        input.project,
        number,
        new Map(Object.entries(input.images).map(([name, image]) => [name, image.id])),
      );
      await tagImages(this.#ctx, images, this.#halt.signal);
      const kept = Object.fromEntries(
        Object.entries(images).map(([name, image]) => [name, { ...image, source: input.images[name]?.source ?? image.source }]),
      );
      const release: Release = {
        app,
        number,
        createdAtMs: this.#ctx.clock.now(),
        state: 'pending',
        origin,
        project: input.project,
        images: kept,
        pins: input.pins,
        rolloutId: this.#ctx.rolloutId,
      };
      store.putRelease(release);
      this.#update({ toRelease: number });
    }
    const release = this.#pendingRelease();
    if (release === undefined) throw new BerthError('INTERNAL', 'The new release was not written.');
    const side = await this.#side(sideInputOf(release, {}));
    await this.#execute(side, await this.#plan(side, { direction: 'forward', only, keep: [], watch: true, promote: true }));
    const record = store.getApp(app);
    if (record !== undefined)
      store.putApp({
        ...record,
        replicas: {},
        stoppedServices: only.length === 0 ? [] : record.stoppedServices.filter((s) => !only.includes(s)),
      });
    await pruneReleases(this.#ctx, this.#suspend.signal);
    return done;
  }

  async #rollCurrent(request: Extract<RolloutRequest, { kind: 'scale' | 'restart' | 'start' }>): Promise<Ending> {
    const { store, app } = this.#ctx;
    const record = store.getApp(app);
    const release = needCurrentRelease(store, app);
    if (record === undefined) throw new BerthError('APP_NOT_FOUND', `There is no app ${app} here.`);
    const stopped = new Set(record.stoppedServices);
    const all = release.project.services.map((s) => s.name);
    const replicas = request.kind === 'scale' ? { ...record.replicas, ...request.replicas } : record.replicas;
    const named = request.kind === 'scale' ? Object.keys(request.replicas) : request.services;
    const only = named.length > 0 ? named : all.filter((s) => request.kind === 'start' || !stopped.has(s));
    this.#update({ toRelease: release.number });
    const side = await this.#side({ ...sideInputOf(release, replicas), force: request.kind === 'restart' ? only : [] });
    await this.#execute(
      side,
      await this.#plan(side, { direction: 'forward', only, keep: [], watch: request.kind === 'restart', promote: false }),
    );
    store.putApp({
      ...record,
      replicas,
      stoppedServices: request.kind === 'start' ? record.stoppedServices.filter((s) => !only.includes(s)) : record.stoppedServices,
    });
    return done;
  }

  async #imagesOnly(project: SideInput['project'], only: readonly string[], wish: ImageWish): Promise<Ending> {
    const services = project.services.filter(
      (s) => (only.length === 0 || only.includes(s.name)) && (wish.build === 'always' ? s.build !== undefined : s.build === undefined),
    );
    await this.#prepareImages(project, services, wish);
    return done;
  }

  async #lifecycle(request: Extract<RolloutRequest, { kind: 'stop' | 'down' }>): Promise<Ending> {
    const { store, app } = this.#ctx;
    const { plan, side } = await planLifecycle(this.#ctx, request, this.#halt.signal);
    await this.#execute(side, plan);
    const record = store.getApp(app);
    if (record === undefined) return done;
    if (request.kind === 'stop') {
      const names = request.services.length > 0 ? request.services : side.project.services.map((s) => s.name);
      store.putApp({ ...record, stoppedServices: [...new Set([...record.stoppedServices, ...names])] });
      return done;
    }
    forgetAnonymousVolumes(this.#ctx, side.services.keys());
    for (const release of store.listReleases(app)) {
      for (const image of Object.values(release.images)) await this.#ctx.target.engine.removeImage(image.tag, this.#suspend.signal);
    }
    store.deleteApp(app);
    await this.#ctx.edge.restore(this.#suspend.signal);
    return done;
  }

  /** Pulls and builds what is missing; answers the image id of each service. */
  async #prepareImages(
    project: SideInput['project'],
    services: SideInput['project']['services'],
    wish: ImageWish,
  ): Promise<Map<string, string>> {
    const needs = await this.#patiently(() => findImages(this.#ctx, services, wish, this.#halt.signal), awayMs.forward);
    const ids = new Map(needs.known);
    if (needs.steps.length === 0) return ids;
    const side: Side = { release: 0, project, images: {}, services: new Map(), pins: new Map() };
    const plan: Plan = { app: this.#ctx.app, release: 0, services: [], steps: needs.steps, warnings: [] };
    await this.#execute(side, plan, (step, result) => {
      const { action } = step;
      if ('service' in action && action.service !== undefined && hasImageId(result)) ids.set(action.service, result.imageId);
    });
    return ids;
  }

  async #side(input: SideInput): Promise<Side> {
    return this.#patiently(() => makeSide(this.#ctx, input, this.#suspend.signal), awayMs.forward);
  }

  async #plan(side: Side, options: PlanOptions): Promise<Plan> {
    const wait = options.direction === 'back' ? awayMs.back : awayMs.forward;
    return this.#patiently(async () => {
      const sight = await look(this.#ctx, side, this.#suspend.signal);
      const observed = await observe(this.#ctx, side, sight, this.#suspend.signal);
      return planRollout(toDesiredState(this.#ctx, side, sight.networks), observed, options);
    }, wait);
  }

  #patiently<T>(work: () => Promise<T>, mostMs: number): Promise<T> {
    const onFirst = (): void =>
      this.#emit({ type: 'notice', level: 'warning', message: 'The container engine does not answer; trying again.' });
    return whileEngineAway(this.#ctx.clock, work, { mostMs, signal: this.#suspend.signal, onFirst });
  }

  async #execute(
    side: Side,
    plan: Plan,
    onResult: (step: Step, result: unknown) => void = () => undefined,
    halt: AbortSignal = this.#halt.signal,
  ): Promise<void> {
    halt.throwIfAborted();
    this.#emit({ type: 'plan.ready', plan });
    const hooks = {
      onPin: (service: string, pin: Release['pins'][string]): void => {
        side.pins.set(service, pin);
        keepPin(this.#ctx, side.release, { service, pin });
      },
      onPromote: async (): Promise<void> => promoteRelease(this.#ctx, side.release),
      alwaysBuild: this.#in.request.kind === 'build' || (this.#in.request.kind === 'up' && this.#in.request.build === 'always'),
    };
    const perform = async (step: Step, signal: AbortSignal): Promise<unknown> => {
      const own = waits.has(step.action.kind)
        ? signal
        : step.action.kind === 'job.run'
          ? this.#suspend.signal
          : new AbortController().signal;
      const result = await performStep(this.#ctx, side, hooks, step, own);
      onResult(step, result);
      return result;
    };
    const { store, clock, events, rolloutId, app } = this.#ctx;
    await executePlan({ store, clock, events, rolloutId, app, perform }, plan.steps, halt);
  }

  /** Decides what a failure means: nothing was changed yet, or the way back has to be gone. */
  async #fail(error: BerthError, thrown: unknown): Promise<void> {
    const changed = this.#ctx.store.listJournal(this.#ctx.rolloutId).some((e) => !e.step.action.kind.startsWith('image.'));
    const { kind } = this.#in.request;
    if (!changed || kind === 'pull' || kind === 'build') {
      this.#end({
        state: error.code === 'CANCELLED' ? 'cancelled' : 'reverted',
        error: error.toJSON(),
        exitCode: error.exitCode,
        unchanged: true,
      });
      return;
    }
    if (kind === 'stop' || kind === 'down') {
      const stuck = new BerthError('NOT_REVERTED', `${error.message} The app is partly ${kind === 'stop' ? 'stopped' : 'taken down'}.`, {
        hint: `Run \`berth ${kind}\` again.`,
        cause: error,
      });
      this.#end({ state: 'failed', error: stuck.toJSON(), exitCode: stuck.exitCode, unchanged: false });
      return;
    }
    const pauses = this.#failureAction(thrown) === 'pause' && error.code !== 'CANCELLED';
    if (pauses) {
      const paused = new BerthError('NOT_REVERTED', `${error.message} failure_action is pause: both releases stay as they are.`, {
        hint: 'Mend it and run `berth up`, or go back with `berth rollback`.',
        cause: error,
      });
      this.#end({ state: 'failed', error: { ...paused.toJSON(), details: error.details }, exitCode: paused.exitCode, unchanged: false });
      return;
    }
    await this.#goBack(error);
  }

  #failureAction(thrown: unknown): string {
    const action = thrown instanceof StepFailure ? thrown.step.action : undefined;
    if (action === undefined || !('service' in action)) return 'rollback';
    const release = this.#pendingRelease() ?? this.#currentRelease();
    return release?.project.services.find((s) => s.name === action.service)?.rollout.failureAction ?? 'rollback';
  }

  /** Brings the old release back (or, for a first release, takes the new one away) and ends the rollout. */
  async #goBack(error: BerthError): Promise<void> {
    this.#update({ state: 'reverting', error: error.toJSON() });
    const old = this.#rollout.fromRelease === undefined ? undefined : this.#ctx.store.getRelease(this.#ctx.app, this.#rollout.fromRelease);
    this.#emit({ type: 'revert.started', why: error.message, toRelease: old?.number });
    let last: BerthError = error;
    for (let tries = 0; tries < mostReturns; tries++) {
      try {
        await this.#return(old, failedInstanceOf(error));
        this.#endReturned(error);
        return;
      } catch (thrown) {
        if (this.#suspend.signal.aborted) return;
        last = thrown instanceof StepFailure ? thrown.error : toBerthError(thrown);
        this.#emit({ type: 'notice', level: 'warning', message: `Going back failed: ${last.message}` });
        if (last.code === 'JOURNAL_FULL') break;
        await this.#ctx.clock.sleep(Math.min(10_000, 500 * 2 ** tries), this.#suspend.signal).catch(() => undefined);
        if (this.#suspend.signal.aborted) return;
      }
    }
    const stuck = new BerthError('NOT_REVERTED', `${error.message} Going back failed too: ${last.message}`, {
      hint: 'See `berth ps` for what runs; mend the cause, then run `berth up` or `berth rollback`.',
      cause: last,
    });
    this.#end({ state: 'failed', error: { ...stuck.toJSON(), details: error.details }, exitCode: stuck.exitCode, unchanged: false });
  }

  async #return(old: Release | undefined, failed: string | undefined): Promise<void> {
    const { request } = this.#in;
    const isServing = failed !== undefined && isInEdge(this.#ctx, failed);
    if (failed !== undefined && !isServing) await this.#patiently(() => keepFailed(this.#ctx, failed, this.#suspend.signal), awayMs.back);
    const only = 'services' in request ? request.services : request.kind === 'scale' ? Object.keys(request.replicas) : [];
    const replicas = this.#ctx.store.getApp(this.#ctx.app)?.replicas ?? {};
    const side = await this.#side(old === undefined ? this.#nothing() : sideInputOf(old, replicas));
    const isStart = request.kind === 'start';
    const { plan } = isStart
      ? await planLifecycle(this.#ctx, { kind: 'stop', app: this.#ctx.app, services: [...only] }, this.#suspend.signal)
      : { plan: undefined };
    const back =
      plan ??
      (await this.#plan(side, {
        direction: 'back',
        only: old === undefined ? [] : only,
        keep: failed === undefined ? [] : [failed],
        watch: false,
        promote: false,
      }));
    await this.#execute(side, back, undefined, this.#suspend.signal);
    if (failed !== undefined) await this.#patiently(() => keepFailed(this.#ctx, failed, this.#suspend.signal), awayMs.back);
  }

  #nothing(): SideInput {
    const project = this.#pendingRelease()?.project;
    const { request } = this.#in;
    const base = project ?? ('deployment' in request ? request.deployment.project : undefined);
    if (base === undefined) throw new BerthError('INTERNAL', 'There is no project to go back from.');
    return { release: 0, project: { ...base, services: [] }, images: {}, pins: {}, replicas: {}, force: [] };
  }

  #endReturned(error: BerthError): void {
    const { store, app } = this.#ctx;
    const release = this.#pendingRelease();
    if (release !== undefined) store.putRelease({ ...release, state: 'failed' });
    const isFirst = this.#rollout.fromRelease === undefined;
    const isCancelled = error.code === 'CANCELLED';
    const record = store.getApp(app);
    if (isFirst && record !== undefined && record.currentRelease === release?.number)
      store.putApp({ ...record, currentRelease: undefined });
    this.#end({
      state: isCancelled ? 'cancelled' : 'reverted',
      error: error.toJSON(),
      exitCode: error.exitCode === 3 || error.exitCode === 5 ? 1 : error.exitCode,
      unchanged: false,
    });
  }

  /** The release of this very rollout, while it is not the current one. */
  #pendingRelease(): Release | undefined {
    const { kind } = this.#in.request;
    if (this.#rollout.toRelease === undefined || (kind !== 'up' && kind !== 'rollback')) return undefined;
    return this.#ctx.store.getRelease(this.#ctx.app, this.#rollout.toRelease);
  }

  #currentRelease(): Release | undefined {
    const number = this.#ctx.store.getApp(this.#ctx.app)?.currentRelease;
    return number === undefined ? undefined : this.#ctx.store.getRelease(this.#ctx.app, number);
  }

  #update(change: { toRelease?: number; state?: Rollout['state']; error?: ReturnType<BerthError['toJSON']> }): void {
    this.#ctx.store.updateRollout(this.#ctx.rolloutId, change);
    this.#rollout = { ...this.#rollout, ...change };
  }

  #emit(event: RolloutEvent): void {
    this.#ctx.events.emit(this.#ctx.rolloutId, this.#ctx.app, event);
  }

  #end(ending: Ending): void {
    endRollout(this.#ctx, ending, {
      beganMs: this.#rollout.createdAtMs,
      release: this.#rollout.toRelease ?? this.#currentRelease()?.number,
    });
  }
}

const done: Ending = { state: 'done', exitCode: 0, unchanged: false };
const unchanged: Ending = { state: 'done', exitCode: 0, unchanged: true };

/** Whether a release would be the same project again; places in files are no part of it. */
function isSameProject(current: Release, input: SideInput): boolean {
  return stableJson({ ...current.project, places: {} }) === stableJson({ ...input.project, places: {} });
}

function hasImageId(result: unknown): result is { readonly imageId: string } {
  return typeof result === 'object' && result !== null && 'imageId' in result && typeof result.imageId === 'string';
}

/** The instance that a failed gate is about; it is kept to be looked at. */
function failedInstanceOf(error: BerthError): string | undefined {
  const { evidence } = error.details;
  const isAboutInstance = error.code === 'GATE_FAILED' || error.code === 'WATCH_FAILED';
  if (!isAboutInstance || typeof evidence !== 'object' || evidence === null || !('instance' in evidence)) return undefined;
  return typeof evidence.instance === 'string' ? evidence.instance : undefined;
}

function isInEdge(ctx: RunContext, instance: string): boolean {
  return ctx.store.getEdge(ctx.app)?.backends.some((b) => b.servers.some((s) => s.name === instance)) === true;
}
