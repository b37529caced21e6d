import type { RolloutRequest } from '../contract/index.ts';
import { BerthError, toBerthError } from '../errors/index.ts';
import { isEnded, type Rollout } from '../model/index.ts';
import { type Contexts, socketSetting } from './contexts.ts';
import type { RunContext, RunDeps } from './deps.ts';
import type { EventLog } from './event-log.ts';
import { appOf, checkRequest, toStoredRequest } from './rollout/goal.ts';
import { finishEnding } from './rollout/rollout-record.ts';
import { RolloutSession } from './rollout/session.ts';
import type { RunnerInput } from './runner.ts';

/** A lease whose owner did not beat for this long is anybody's. */
const lease = { beatMs: 5000, staleMs: 30_000 };

type Active = { readonly session: RolloutSession; readonly ended: Promise<void>; readonly app: string; readonly recovering: boolean };

/** The rollouts of this server: one for each app at a time, under a lease that is beaten while it runs. */
export class Rollouts {
  readonly #deps: RunDeps;
  readonly #contexts: Contexts;
  readonly #events: EventLog;
  readonly #owner: string;
  readonly #active = new Map<string, Active>();
  #closing = false;

  constructor(deps: RunDeps, contexts: Contexts, events: EventLog) {
    this.#deps = deps;
    this.#contexts = contexts;
    this.#events = events;
    this.#owner = deps.ids.next();
  }

  /** How many run now. */
  get running(): number {
    return this.#active.size;
  }

  /** Journals a rollout and runs it. LEASE_HELD where another one of the app runs; one that is being picked up again is waited for. */
  async start(input: RunnerInput & { readonly requestId: string }): Promise<Rollout> {
    const { store, clock, ids } = this.#deps;
    if (this.#closing) throw new BerthError('SERVER_UNREACHABLE', 'The server is stopping.', { hint: 'Run the command again.' });
    const app = appOf(input.request);
    checkRequest(store, input.request);
    this.#contexts.checkSocket(input.socket);
    const id = ids.next();
    const ctx = await this.#contexts.of(input, { rolloutId: id });
    await ctx.target.engine.ping();
    await this.#awaitRecovery(app);
    if (input.request.kind !== 'down' && store.getApp(app) === undefined) {
      const directory = 'deployment' in input.request ? input.request.deployment.project.directory : '/';
      store.putApp({ name: app, directory, createdAtMs: clock.now(), replicas: {}, stoppedServices: [] });
    }
    const current = store.getApp(app)?.currentRelease;
    const { rollout, created } = store.createRollout({
      id,
      requestId: input.requestId,
      app,
      kind: input.request.kind,
      ...(current === undefined ? {} : { fromRelease: current }),
      createdAtMs: clock.now(),
      input: { socket: input.socket, request: toStoredRequest(input.request) },
    });
    if (!created) return rollout;
    const taken = store.takeLease({ app, owner: this.#owner, rollout: id, atMs: clock.now(), staleMs: lease.staleMs });
    if (!taken.taken) return this.#refuse(rollout, taken.rollout);
    store.putSetting(socketSetting, input.socket);
    this.#events.emit(id, app, {
      type: 'rollout.started',
      kind: rollout.kind,
      app,
      fromRelease: rollout.fromRelease,
      toRelease: rollout.toRelease,
    });
    this.#run(ctx, { rollout, request: input.request, resumed: false });
    return rollout;
  }

  /** Ends a rollout that met another one of the same app. */
  #refuse(rollout: Rollout, holder: string): never {
    const error = new BerthError('LEASE_HELD', `Another rollout of ${rollout.app} is running.`, {
      hint: 'Follow it with `berth events -f`, or wait for its end.',
      details: { rollout: holder },
    });
    this.#deps.store.updateRollout(rollout.id, { state: 'cancelled', endedAtMs: this.#deps.clock.now(), error: error.toJSON() });
    throw error;
  }

  /** Lets a rollout finish its running steps and go back. ROLLOUT_NOT_FOUND. */
  cancel(id: string): Rollout {
    const active = this.#active.get(id);
    active?.session.cancel();
    const rollout = this.#deps.store.getRollout(id);
    if (rollout === undefined) throw new BerthError('ROLLOUT_NOT_FOUND', `There is no rollout ${id}.`);
    return rollout;
  }

  /** Picks up every rollout that an earlier server left. */
  async resume(): Promise<void> {
    for (const rollout of this.#deps.store.listActiveRollouts()) await this.#resumeOne(rollout).catch(() => this.#resumeOne(rollout));
  }

  /** Stops between two steps, and returns when nothing runs any more. */
  async suspend(): Promise<void> {
    this.#closing = true;
    const active = [...this.#active.values()];
    for (const a of active) a.session.suspend();
    await Promise.all(active.map((a) => a.ended));
  }

  /** Picks a rollout up. Its first write may find the disk full, and thereby free the reserve: then it can be asked again. */
  async #resumeOne(rollout: Rollout): Promise<void> {
    const { store, clock } = this.#deps;
    const input = store.getRolloutInput(rollout.id) as { socket: string; request: RolloutRequest };
    if (finishEnding(this.#deps, rollout.id)) return;
    store.takeLease({ app: rollout.app, owner: this.#owner, rollout: rollout.id, atMs: clock.now(), staleMs: 0 });
    store.updateRollout(rollout.id, { resumes: rollout.resumes + 1 });
    for (const entry of store.listJournal(rollout.id))
      if (entry.state === 'running') store.journalEnd(rollout.id, entry.seq, 'interrupted', clock.now());
    const how = rollout.state === 'reverting' ? 'revert' : 'resume';
    this.#events.emit(rollout.id, rollout.app, { type: 'rollout.resumed', how, why: 'the server ended in the middle of it' });
    const ctx = await this.#contexts.of(input, { rolloutId: rollout.id, resumed: true });
    this.#run(ctx, { rollout, request: input.request, resumed: true });
  }

  /** Waits for rollouts of an app that are being picked up again, and picks up those whose journal could not be written. */
  async #awaitRecovery(app: string): Promise<void> {
    for (const rollout of this.#deps.store.listActiveRollouts()) {
      if (rollout.app === app && !this.#active.has(rollout.id)) await this.#resumeOne(rollout);
    }
    await Promise.all([...this.#active.values()].filter((a) => a.app === app && a.recovering).map((a) => a.ended));
  }

  #run(ctx: RunContext, input: { rollout: Rollout; request: RolloutRequest; resumed: boolean }): void {
    const session = new RolloutSession(ctx, input);
    const { app, id } = input.rollout;
    const beating = new AbortController();
    const ended = session.run().finally(() => {
      beating.abort();
      const isOver = isEnded(this.#deps.store.getRollout(id)?.state ?? 'done');
      if (isOver) this.#touchLease(() => this.#deps.store.releaseLease(app, this.#owner));
      this.#active.delete(id);
      this.#contexts.certificateKeeper.wake();
    });
    this.#active.set(id, { session, ended, app, recovering: input.resumed });
    void this.#beat(app, beating.signal);
  }

  async #beat(app: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#touchLease(() => this.#deps.store.beatLease(app, this.#owner, this.#deps.clock.now()));
      await this.#deps.clock.sleep(lease.beatMs, signal).catch(() => undefined);
    }
  }

  /** A lease that cannot be written grows stale and is taken over; whatever fills the disk fails the rollout itself. */
  #touchLease(write: () => void): void {
    try {
      write();
    } catch (thrown) {
      this.#deps.onTrouble(toBerthError(thrown));
    }
  }
}
