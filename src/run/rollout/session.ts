import { BerthError, toBerthError } from '../../errors/index.ts';
import type { RolloutRequest } from '../../contract/index.ts';
import { removeJobs } from '../actions/job.ts';
import type { RunContext, Side } from '../deps.ts';
import { forgetAnonymousVolumes } from '../target/anonymous-volumes.ts';
import { learnSecrets } from '../target/secrets.ts';
import { sideInputOf } from '../target/side.ts';
import { done, forward, unchanged } from './endings.ts';
import { StepFailure } from './executor.ts';
import { endFailed } from './failing.ts';
import { goBack } from './going-back.ts';
import { needApp, needCurrentRelease } from './goal.ts';
import { imageTags } from './images.ts';
import { planLifecycle } from './lifecycle.ts';
import { rollBack, rollUp } from './new-release.ts';
import { chosenServices, prepareImages } from './prepare.ts';
import type { Ending } from './rollout-record.ts';
import { awayMs, StepRunner, type SessionInput } from './step-runner.ts';

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
      await endFailed(this.#run, thrown instanceof StepFailure ? thrown.error : toBerthError(thrown), thrown);
    }
  }

  async #forward(): Promise<Ending> {
    const { request } = this.#run;
    switch (request.kind) {
      case 'up':
        return rollUp(this.#run, request);
      case 'rollback':
        return rollBack(this.#run, request.to);
      case 'scale':
      case 'restart':
      case 'start':
        return this.#rollCurrent(request);
      case 'pull':
      case 'build': {
        const isBuild = request.kind === 'build';
        const chosen = chosenServices(request.deployment.project, request.services).filter((s) => (s.build !== undefined) === isBuild);
        await prepareImages(this.#run, {
          project: request.deployment.project,
          services: chosen,
          wish: { build: isBuild ? 'always' : 'never', pull: 'always' },
        });
        return this.#ending();
      }
      case 'stop':
      case 'down':
        return this.#lifecycle(request);
    }
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
}
