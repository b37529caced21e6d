import { BerthError, toBerthError } from '../../errors/index.ts';
import { stableJson } from '../../kit/index.ts';
import type { Plan, Project, Release, Service } from '../../model/index.ts';
import type { RolloutRequest } from '../../contract/index.ts';
import { hasEdge, withDependencies, type PlanOptions } from '../../plan/index.ts';
import { removeJobs } from '../actions/job.ts';
import { assignPorts } from './assign-ports.ts';
import { forgetAnonymousVolumes } from '../target/anonymous-volumes.ts';
import type { RunContext, Side } from '../deps.ts';
import { StepFailure } from './executor.ts';
import { goBack } from './going-back.ts';
import { needApp, needCurrentRelease, rollbackTarget } from './goal.ts';
import { withLastingCertificates } from './lasting-certificates.ts';
import { findImages, imageTags, needImages, tagImages, toReleaseImages, type ImageWish } from './images.ts';
import { planLifecycle } from './lifecycle.ts';
import { preflight } from './preflight.ts';
import { pruneReleases, type Ending } from './rollout-record.ts';
import { pinBuildSecrets } from '../target/build-secrets.ts';
import { learnSecrets, pinSecrets, releaseSecrets } from '../target/secrets.ts';
import { keepSecretPairs } from '../certificate/secret-pairs.ts';
import { sideInputOf, type SideInput } from '../target/side.ts';
import { verifyServing } from './verify-serving.ts';
import { awayMs, StepRunner, type SessionInput } from './step-runner.ts';

const done: Ending = { state: 'done', exitCode: 0, unchanged: false };
const unchanged: Ending = { state: 'done', exitCode: 0, unchanged: true };

const forward = (only: readonly string[], rest: Partial<PlanOptions> = {}): PlanOptions => ({
  direction: 'forward',
  only,
  keep: [],
  watch: true,
  promote: true,
  ...rest,
});

/** Carries out one rollout from request to end: prepare images, plan, run, watch, and go back when a gate fails. */
export class RolloutSession {
  readonly #run: StepRunner;

  constructor(ctx: RunContext, input: SessionInput) {
    this.#run = new StepRunner(ctx, input);
  }

  /** Finishes the running steps and goes back. Nothing happens when it goes back already. */
  cancel(): void {
    if (this.#run.rollout.state === 'running') this.#run.halt.abort(new BerthError('CANCELLED', 'The rollout was cancelled.'));
  }

  /** Stops between two steps and leaves the rest to the next server. */
  suspend(): void {
    const reason = new BerthError('SERVER_UNREACHABLE', 'The server is stopping.');
    this.#run.suspend.abort(reason);
    this.#run.halt.abort(reason);
  }

  /** Runs to an end, or until it is suspended, or until the journal itself cannot be written. Never throws. */
  async run(): Promise<void> {
    try {
      await this.#runToEnd();
    } catch (thrown) {
      if (this.#run.suspend.signal.aborted) return;
      const { ctx, rollout } = this.#run;
      const error = toBerthError(thrown);
      ctx.events.announce(ctx.rolloutId, ctx.app, {
        type: 'rollout.ended',
        state: 'failed',
        release: rollout.toRelease,
        serving: rollout.fromRelease,
        error: error.toJSON(),
        exitCode: 3,
        tookMs: ctx.clock.now() - rollout.createdAtMs,
        urls: [],
        unchanged: false,
        closedConnections: 0,
      });
    }
  }

  async #runToEnd(): Promise<void> {
    const { rollout, ctx } = this.#run;
    await learnSecrets(ctx);
    if (rollout.state === 'reverting') {
      return goBack(this.#run, BerthError.from(rollout.error ?? { code: 'INTERNAL', message: 'The server ended while it went back.' }));
    }
    try {
      this.#run.end(await this.#forward());
    } catch (thrown) {
      if (this.#run.suspend.signal.aborted) return;
      await this.#fail(thrown instanceof StepFailure ? thrown.error : toBerthError(thrown), thrown);
    }
  }

  async #forward(): Promise<Ending> {
    const { request, ctx } = this.#run;
    switch (request.kind) {
      case 'up':
        return this.#up(request);
      case 'rollback': {
        const target = this.#run.ownRelease() ?? (await this.#rollbackTarget(request.to));
        const wanted = { release: target.number, images: target.images };
        await this.#run.patiently(() => needImages(ctx, wanted, this.#run.halt.signal), awayMs.forward);
        return this.#rollTo({ ...sideInputOf(target, {}), returning: true }, { kind: 'rollback', to: target.number }, []);
      }
      case 'scale':
      case 'restart':
      case 'start':
        return this.#rollCurrent(request);
      case 'pull':
      case 'build': {
        const isBuild = request.kind === 'build';
        const chosen = chosenServices(request.deployment.project, request.services).filter((s) => (s.build !== undefined) === isBuild);
        await this.#prepareImages(request.deployment.project, chosen, { build: isBuild ? 'always' : 'never', pull: 'always' });
        return this.#ending();
      }
      case 'stop':
      case 'down':
        return this.#lifecycle(request);
    }
  }

  async #rollbackTarget(to: number | undefined): Promise<Release> {
    const { ctx } = this.#run;
    const target = rollbackTarget(ctx.store, ctx.app, to);
    const { release, kept } = await withLastingCertificates(ctx, target, needCurrentRelease(ctx.store, ctx.app).project);
    for (const service of kept) {
      const message = `The certificate of ${service} in release ${target.number} has ended; the one that serves now stays.`;
      this.#run.emit({ type: 'notice', level: 'info', message });
    }
    return release;
  }

  async #up(request: Extract<RolloutRequest, { kind: 'up' }>): Promise<Ending> {
    const { store, app } = this.#run.ctx;
    await warnOnceAboutBoot(this.#run);
    const own = this.#run.ownRelease();
    const { ctx } = this.#run;
    const asked = await this.#run.patiently(() => assignPorts(ctx, request.deployment.project, { keep: true }), awayMs.forward);
    const only = withDependencies(asked.services, request.services);
    if (own !== undefined) return this.#rollTo(sideInputOf(own, {}), { kind: 'up' }, only);
    const { project, secrets } = await this.#withSecrets(asked);
    const chosen = chosenServices(project, only);
    const [ids] = await Promise.all([
      this.#prepareImages(project, chosen, { build: request.build, pull: 'as-written' }),
      this.#prepareProxies(chosen),
    ]);
    const images = this.#run.currentRelease()?.images ?? {};
    for (const [name, image] of Object.entries(images)) if (!ids.has(name)) ids.set(name, image.id);
    const next = (store.listReleases(app)[0]?.number ?? 0) + 1;
    const input = {
      release: next,
      project,
      images: toReleaseImages(app, project, next, ids),
      pins: store.getPins(app),
      secrets,
      replicas: {},
      force: [],
    };
    return this.#rollTo(input, { kind: 'up' }, only);
  }

  /** The versions of secrets that a new release pins, and its project with the certificates that are among them. */
  async #withSecrets(asked: Project): Promise<{ readonly project: Project; readonly secrets: Side['secrets'] }> {
    const { ctx, halt } = this.#run;
    const { pins, read } = await pinSecrets(ctx, asked, { names: releaseSecrets(asked), keep: true, signal: halt.signal });
    const { project, remarks } = await keepSecretPairs(ctx, asked, read);
    for (const message of remarks) this.#run.emit({ type: 'notice', level: 'warning', message });
    return { project, secrets: pins };
  }

  /** Rolls to a release: a new one, unless nothing would change. */
  async #rollTo(input: SideInput, origin: Release['origin'], only: readonly string[]): Promise<Ending> {
    const { ctx } = this.#run;
    if (this.#run.ownRelease() === undefined) {
      const draft = await this.#run.side(input);
      const plan = await this.#run.plan(draft, forward(only, { promote: false }));
      const current = this.#run.currentRelease();
      if (origin.kind === 'up' && current !== undefined && isSameRelease(current, input)) return this.#repair(draft, plan, only);
      await this.#run.patiently(() => preflight(ctx, draft, only, this.#run.halt.signal), awayMs.forward);
      this.#writeRelease(input, origin);
    }
    const own = this.#run.ownRelease();
    if (own === undefined) throw new BerthError('INTERNAL', 'The new release was not written.');
    // The release is written before its tags are given: what a kill leaves behind is known, and taken away with it.
    await this.#run.patiently(() => tagImages(ctx, own.images, this.#run.halt.signal), awayMs.forward);
    const side = await this.#run.side({ ...sideInputOf(own, {}), returning: origin.kind === 'rollback' });
    await this.#run.execute(side, await this.#run.plan(side, forward(only)));
    this.#recordUp(only);
    await this.#tidy();
    return done;
  }

  /** What `berth scale` and `berth stop` had set is over with the next `up`. */
  #recordUp(only: readonly string[]): void {
    const { store, app } = this.#run.ctx;
    const record = needApp(store, app);
    const stoppedServices = only.length === 0 ? [] : record.stoppedServices.filter((s) => !only.includes(s));
    store.putApp({ ...record, replicas: {}, stoppedServices });
  }

  /** Old releases and their images go. The release serves by now: what cannot be tidied is said, and tried again next time. */
  async #tidy(): Promise<void> {
    try {
      await pruneReleases(this.#run.ctx, this.#run.suspend.signal);
    } catch (thrown) {
      this.#run.emit({
        type: 'notice',
        level: 'warning',
        message: `Old releases could not be tidied away: ${toBerthError(thrown).message}`,
      });
    }
  }

  /** The release is the one that serves already: what is missing of it is brought back, under its own number. */
  async #repair(side: Side, draft: Plan, only: readonly string[]): Promise<Ending> {
    const { ctx } = this.#run;
    const current = needCurrentRelease(ctx.store, ctx.app);
    if (draft.steps.length === 0) {
      await this.#run.patiently(() => verifyServing(ctx, this.#run.halt.signal), awayMs.forward);
      return unchanged;
    }
    this.#run.update({ toRelease: current.number });
    const own = await this.#run.side({ ...sideInputOf(current, {}), project: side.project });
    await this.#run.execute(own, await this.#run.plan(own, forward(only, { promote: false })));
    this.#recordUp(only);
    return done;
  }

  #writeRelease(input: SideInput, origin: Release['origin']): void {
    const { ctx } = this.#run;
    const number = ctx.store.nextRelease(ctx.app);
    const ids = new Map(Object.entries(input.images).map(([name, image]) => [name, image.id]));
    const tagged = toReleaseImages(ctx.app, input.project, number, ids);
    const images = Object.fromEntries(
      Object.entries(tagged).map(([name, image]) => [name, { ...image, source: input.images[name]?.source ?? image.source }]),
    );
    const { project, pins, secrets } = input;
    ctx.store.putRelease({
      app: ctx.app,
      number,
      createdAtMs: ctx.clock.now(),
      state: 'pending',
      origin,
      project,
      images,
      pins,
      ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
      rolloutId: ctx.rolloutId,
    });
    this.#run.update({ toRelease: number });
  }

  async #rollCurrent(request: Extract<RolloutRequest, { kind: 'scale' | 'restart' | 'start' }>): Promise<Ending> {
    const { store, app } = this.#run.ctx;
    const record = needApp(store, app);
    const release = needCurrentRelease(store, app);
    const stopped = new Set(record.stoppedServices);
    const replicas = request.kind === 'scale' ? { ...record.replicas, ...request.replicas } : record.replicas;
    const named = request.kind === 'scale' ? Object.keys(request.replicas) : request.services;
    const usual = release.project.services.map((s) => s.name).filter((s) => request.kind === 'start' || !stopped.has(s));
    const only = named.length > 0 ? named : usual;
    this.#run.update({ toRelease: release.number });
    const side = await this.#run.side({ ...sideInputOf(release, replicas), force: request.kind === 'restart' ? only : [] });
    await this.#run.execute(side, await this.#run.plan(side, forward(only, { watch: request.kind === 'restart', promote: false })));
    const stoppedServices = request.kind === 'start' ? record.stoppedServices.filter((s) => !only.includes(s)) : record.stoppedServices;
    store.putApp({ ...record, replicas, stoppedServices });
    return this.#ending();
  }

  async #lifecycle(request: Extract<RolloutRequest, { kind: 'stop' | 'down' }>): Promise<Ending> {
    const { ctx } = this.#run;
    const { plan, side } = await this.#run.patiently(() => planLifecycle(ctx, request, this.#run.halt.signal), awayMs.forward);
    await this.#run.execute(side, plan);
    const record = ctx.store.getApp(ctx.app);
    if (record === undefined) return done;
    if (request.kind === 'stop') {
      const names = chosenServices(side.project, request.services).map((s) => s.name);
      ctx.store.putApp({ ...record, stoppedServices: [...new Set([...record.stoppedServices, ...names])] });
      return this.#ending();
    }
    await this.#forgetApp(side);
    return done;
  }

  /** A good end, and whether anything had to be done for it, by this server or one before. */
  #ending(): Ending {
    const { store, rolloutId } = this.#run.ctx;
    return store.listJournal(rolloutId).length === 0 ? unchanged : done;
  }

  /** After `down`: image tags, anonymous volumes' notes and the record go; the edge goes with the last app. */
  async #forgetApp(side: Side): Promise<void> {
    const { ctx } = this.#run;
    forgetAnonymousVolumes(ctx, side.services.keys());
    await removeJobs(ctx, undefined, this.#run.suspend.signal);
    for (const tag of imageTags(ctx.store, ctx.app)) await ctx.target.engine.removeImage(tag, this.#run.suspend.signal);
    ctx.store.deleteApp(ctx.app);
    if (ctx.store.listApps().length === 0) await ctx.target.dataPlane.remove(this.#run.suspend.signal);
  }

  /** Makes the proxies' image beside the app's own. A failure shows, with its reason, when a proxy is first changed. */
  async #prepareProxies(services: readonly Service[]): Promise<void> {
    const { dataPlane } = this.#run.ctx.target;
    if (services.some((s) => hasEdge(s) || mayHaveFront(s))) await dataPlane.prepare(this.#run.halt.signal).catch(() => undefined);
  }

  /** Pulls and builds what is missing; answers the image id of each service. */
  async #prepareImages(project: Project, services: readonly Service[], wish: ImageWish): Promise<Map<string, string>> {
    const { ctx, halt } = this.#run;
    const needs = await this.#run.patiently(() => findImages(ctx, services, wish, halt.signal), awayMs.forward);
    const ids = new Map(needs.known);
    if (needs.steps.length === 0) return ids;
    const secrets = await pinBuildSecrets(ctx, { project, services, steps: needs.steps }, { keep: true, signal: halt.signal });
    const side: Side = { release: 0, project, images: {}, services: new Map(), pins: new Map(), secrets };
    const plan: Plan = { app: ctx.app, release: 0, services: [], steps: needs.steps, warnings: [] };
    await this.#run.execute(side, plan, {
      onResult: ({ action }, result) => {
        if ('service' in action && action.service !== undefined && hasImageId(result)) ids.set(action.service, result.imageId);
      },
    });
    return ids;
  }

  /** Decides what a failure means: nothing was changed yet, or the way back has to be gone. */
  async #fail(error: BerthError, thrown: unknown): Promise<void> {
    const { ctx, request } = this.#run;
    const hasChanged = ctx.store.listJournal(ctx.rolloutId).some((e) => !e.step.action.kind.startsWith('image.'));
    if (!hasChanged || request.kind === 'pull' || request.kind === 'build') {
      const own = this.#run.ownRelease();
      if (own !== undefined) ctx.store.putRelease({ ...own, state: 'failed' });
      this.#run.end({
        state: error.code === 'CANCELLED' ? 'cancelled' : 'reverted',
        error: error.toJSON(),
        exitCode: error.exitCode,
        unchanged: true,
      });
      return;
    }
    if (request.kind === 'stop' || request.kind === 'down') {
      this.#stay(error, `The app is partly ${request.kind === 'stop' ? 'stopped' : 'taken down'}.`, `Run \`berth ${request.kind}\` again.`);
      return;
    }
    if (error.code !== 'CANCELLED' && this.#failureAction(thrown) === 'pause') {
      this.#stay(
        error,
        'failure_action is pause: both releases stay as they are.',
        'Mend it and run `berth up`, or go back with `berth rollback`.',
      );
      return;
    }
    await goBack(this.#run, error);
  }

  /** Ends where it is, in neither the old nor the new state. */
  #stay(error: BerthError, why: string, hint: string): void {
    const stuck = new BerthError('NOT_REVERTED', `${error.message} ${why}`, { hint, details: error.details });
    this.#run.end({ state: 'failed', error: stuck.toJSON(), exitCode: stuck.exitCode, unchanged: false });
  }

  #failureAction(thrown: unknown): string {
    const action = thrown instanceof StepFailure ? thrown.step.action : undefined;
    if (action === undefined || !('service' in action)) return 'rollback';
    const release = this.#run.ownRelease() ?? this.#run.currentRelease();
    return release?.project.services.find((s) => s.name === action.service)?.rollout.failureAction ?? 'rollback';
  }
}

/** Traffic survives a reboot without the server, watching and going back do not: said once per installation. */
async function warnOnceAboutBoot(run: StepRunner): Promise<void> {
  const { store, host } = run.ctx;
  if (store.getSetting('warned.boot') !== undefined || (await host.startsAtBoot())) return;
  store.putSetting('warned.boot', 'yes');
  const message =
    'After a reboot the apps and their edge come back by themselves, the berth server only with the next command: `berth server install` starts it at boot.';
  run.emit({ type: 'notice', level: 'warning', message });
}

/** Before images are there, ports that only they expose are not known. */
function mayHaveFront(service: Service): boolean {
  return service.internal !== 'dns' && (service.port !== undefined || service.expose.length > 0 || service.ports.length > 0);
}

function chosenServices(project: Project, names: readonly string[]): Service[] {
  return project.services.filter((s) => names.length === 0 || names.includes(s.name));
}

/** Whether a release would be the same again: project (but for the places in files), images and versions of secrets. */
function isSameRelease(current: Release, input: SideInput): boolean {
  const ids = (images: Release['images']): Record<string, string> =>
    Object.fromEntries(Object.entries(images).map(([name, image]) => [name, image.id]));
  const comparable = (r: Pick<Release, 'project' | 'images' | 'secrets'>): string =>
    stableJson({ project: { ...r.project, places: {} }, images: ids(r.images), secrets: r.secrets ?? {} });
  return comparable(current) === comparable(input);
}

function hasImageId(result: unknown): result is { readonly imageId: string } {
  return typeof result === 'object' && result !== null && 'imageId' in result && typeof result.imageId === 'string';
}
