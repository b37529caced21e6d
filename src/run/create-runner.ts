import type {
  AppStatus,
  CertificateStatus,
  ReleaseSummary,
  RolloutRequest,
  SessionRequest,
  TrafficReport,
  UpgradeReport,
} from '../contract/index.ts';
import { BerthError, toBerthError } from '../errors/index.ts';
import { Mutex } from '../kit/index.ts';
import { isEnded, labels, type Instance, type Plan, type Rollout } from '../model/index.ts';
import type { RunContext, RunDeps, Target } from './deps.ts';
import { lastJobs } from './actions/job.ts';
import { draftPlan } from './rollout/draft-plan.ts';
import { CertificateKeeper } from './certificate/certificate-keeper.ts';
import { certificateStatuses, renewCertificates } from './certificate/certificate-status.ts';
import { EdgeKeeper } from './target/edge-keeper.ts';
import { FrontKeeper } from './target/front-keeper.ts';
import { EventLog } from './event-log.ts';
import { appOf, checkRequest, deployedApps, needApp, needCurrentRelease, needServices, toStoredRequest } from './rollout/goal.ts';
import { listInstances } from './target/instances.ts';
import { keepFiles } from './target/kept-files.ts';
import { learnRequest } from './target/secrets.ts';
import { appVolumes } from './rollout/lifecycle.ts';
import { changeMaintenance, type MaintenanceRequest } from './maintenance.ts';
import { createOneOff } from './one-off.ts';
import { finishEnding } from './rollout/rollout-record.ts';
import { redactingStore } from './redacting-store.ts';
import type { OneOff, Runner, RunnerInput } from './runner.ts';
import { secretVerbs, type SecretVerbs } from './secret-verbs.ts';
import { RolloutSession } from './rollout/session.ts';
import { appStatus, releaseSummaries } from './status.ts';
import { appTraffic, learnReleases } from './traffic.ts';
import { uninstall } from './uninstall.ts';
import { checkUpgrade, upgradeProxies } from './upgrade.ts';

/** A lease whose owner did not beat for this long is anybody's. */
const lease = { beatMs: 5000, staleMs: 30_000 };
/** The engine of an installation, kept so that a restarted server finds it again. */
export const socketSetting = 'engine.socket';

/** Builds the runner: everything that deploys, from the ports it is given. */
export function createRunner(deps: RunDeps): Runner {
  return new AppRunner(deps);
}

type Keepers = { readonly edge: EdgeKeeper; readonly fronts: FrontKeeper };
type Active = { readonly session: RolloutSession; readonly ended: Promise<void>; readonly app: string; readonly recovering: boolean };

class AppRunner implements Runner {
  readonly events: EventLog;
  readonly secrets: SecretVerbs;
  readonly #deps: RunDeps;
  readonly #owner: string;
  readonly #startedAtMs: number;
  readonly #addressing = new Mutex();
  readonly #sealing = new Mutex();
  readonly #keepers = new Map<string, Keepers>();
  readonly #active = new Map<string, Active>();
  readonly #closed = new AbortController();
  readonly #certificates: CertificateKeeper;
  #restoring: Promise<void> = Promise.resolve();

  constructor(deps: RunDeps) {
    this.#deps = { ...deps, store: redactingStore(deps.store, deps.redactor) };
    this.#owner = deps.ids.next();
    this.#startedAtMs = deps.clock.now();
    this.events = new EventLog(this.#deps);
    this.secrets = secretVerbs({ ...deps, sealing: this.#sealing });
    this.#certificates = new CertificateKeeper({ ...this.#deps, edge: () => this.#edge() });
  }

  async plan(input: RunnerInput, signal: AbortSignal = new AbortController().signal): Promise<Plan> {
    checkRequest(this.#deps.store, input.request);
    const ctx = await this.#context(input, { rolloutId: 'plan' });
    return draftPlan(ctx, input.request, signal);
  }

  async start(input: RunnerInput & { readonly requestId: string }): Promise<Rollout> {
    const { store, clock, ids } = this.#deps;
    if (this.#closed.signal.aborted)
      throw new BerthError('SERVER_UNREACHABLE', 'The server is stopping.', { hint: 'Run the command again.' });
    const app = appOf(input.request);
    checkRequest(store, input.request);
    this.#checkSocket(input.socket);
    const id = ids.next();
    const ctx = await this.#context(input, { rolloutId: id });
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
    this.events.emit(id, app, {
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

  cancel(id: string): Rollout {
    const active = this.#active.get(id);
    active?.session.cancel();
    const rollout = this.#deps.store.getRollout(id);
    if (rollout === undefined) throw new BerthError('ROLLOUT_NOT_FOUND', `There is no rollout ${id}.`);
    return rollout;
  }

  async resume(): Promise<void> {
    const { store } = this.#deps;
    const socket = store.getSetting(socketSetting);
    for (const rollout of store.listActiveRollouts()) await this.#resumeOne(rollout).catch(() => this.#resumeOne(rollout));
    const restored = socket === undefined ? Promise.resolve() : this.#restore(this.#deps.connect(socket));
    this.#restoring = restored.then(() => this.#certificates.run(this.#closed.signal));
  }

  /** What an earlier server left besides rollouts: edge and fronts to be set right, one-off containers whose command is gone. */
  async #restore(target: Target): Promise<void> {
    const { store } = this.#deps;
    const { edge, fronts } = this.#keepersOf(target);
    await Promise.all([
      store.listEdges().length > 0 ? this.#restoreProxies((signal) => edge.restore(signal)) : undefined,
      store.listFronts().length > 0 ? this.#restoreProxies((signal) => fronts.restore(undefined, signal)) : undefined,
    ]);
    await learnReleases(this.#deps, target.engine, this.#closed.signal).catch((thrown: unknown) => {
      if (!this.#closed.signal.aborted) this.#deps.onTrouble(toBerthError(thrown));
    });
    const abandoned = { [labels.installation]: store.installation, [labels.role]: 'run' };
    try {
      for (const c of await target.engine.listContainers({ labels: abandoned, all: true }, this.#closed.signal)) {
        if (c.createdAtMs < this.#startedAtMs)
          await target.engine.removeContainer(c.id, { force: true, volumes: true }, this.#closed.signal);
      }
    } catch (thrown) {
      if (!this.#closed.signal.aborted) this.#deps.onTrouble(toBerthError(thrown));
    }
  }

  /** Makes proxies what the store says, as soon as the engine lets it: after a boot it may come up later than the server. */
  async #restoreProxies(restore: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#closed;
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        return await restore(signal);
      } catch (thrown) {
        if (signal.aborted) return;
        this.#deps.onTrouble(toBerthError(thrown));
        await this.#deps.clock.sleep(Math.min(60_000, 1000 * 2 ** tries), signal).catch(() => undefined);
      }
    }
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
    this.events.emit(rollout.id, rollout.app, { type: 'rollout.resumed', how, why: 'the server ended in the middle of it' });
    const ctx = await this.#context(input, { rolloutId: rollout.id, resumed: true });
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
      this.#certificates.wake();
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

  /** One home drives one engine; another one would leave the apps of the first without an edge. */
  #checkSocket(socket: string): void {
    const known = this.#deps.store.getSetting(socketSetting);
    if (known === undefined || known === socket || this.#deps.store.listApps().length === 0) return;
    throw new BerthError('ENGINE_UNSUPPORTED', `The apps of this home run on the engine at ${known}; this command is for ${socket}.`, {
      hint: 'Set BERTH_HOME to another directory for another engine.',
    });
  }

  #keepersOf(target: Target): Keepers {
    const { store, clock } = this.#deps;
    const known = this.#keepers.get(target.socket);
    if (known !== undefined) return known;
    const keepers = {
      edge: new EdgeKeeper({ store, dataPlane: target.dataPlane, clock, certificates: this.#deps.certificates }),
      fronts: new FrontKeeper({ store, fronts: target.fronts, clock }),
    };
    this.#keepers.set(target.socket, keepers);
    return keepers;
  }

  /** The edge that the apps of this home are behind; undefined before the first deploy. */
  #edge(): EdgeKeeper | undefined {
    const socket = this.#deps.store.getSetting(socketSetting);
    return socket === undefined ? undefined : this.#keepersOf(this.#deps.connect(socket)).edge;
  }

  async #context(input: RunnerInput, how: { rolloutId: string; resumed?: boolean }): Promise<RunContext> {
    const target = this.#deps.connect(input.socket);
    const { request } = input;
    const deployment = 'deployment' in request ? request.deployment : undefined;
    if (deployment !== undefined) learnRequest(this.#deps.redactor, deployment);
    return {
      ...this.#deps,
      target,
      ...this.#keepersOf(target),
      certificateKeeper: this.#certificates,
      events: this.events,
      app: appOf(request),
      rolloutId: how.rolloutId,
      addressing: this.#addressing,
      sealing: this.#sealing,
      auths: deployment?.registryAuths ?? {},
      buildEnvironment: deployment?.buildEnvironment,
      secretVariables: how.resumed === true ? undefined : (deployment?.secretVariables ?? {}),
      files: deployment === undefined ? new Map() : await keepFiles(this.#deps, deployment),
    };
  }

  /** A context for looking at an app that exists. */
  async #appContext(app: string): Promise<RunContext> {
    needApp(this.#deps.store, app);
    const socket = this.#deps.store.getSetting(socketSetting);
    if (socket === undefined)
      throw new BerthError('ENGINE_UNREACHABLE', 'This home has not been used with an engine yet.', { hint: 'Run `berth up`.' });
    return this.#context({ socket, request: { kind: 'down', app, volumes: false } }, { rolloutId: 'look' });
  }

  async status(app: string): Promise<AppStatus> {
    return appStatus(await this.#appContext(app));
  }

  apps(): string[] {
    return deployedApps(this.#deps.store);
  }

  async statusAll(): Promise<AppStatus[]> {
    return Promise.all(this.apps().map((name) => this.status(name)));
  }

  async traffic({ app, ...asked }: Parameters<Runner['traffic']>[0], signal?: AbortSignal): Promise<TrafficReport> {
    const ctx = await this.#appContext(app);
    const release = ctx.store.getApp(app)?.currentRelease;
    if (asked.service !== undefined && release !== undefined) needServices(needCurrentRelease(ctx.store, app), [asked.service]);
    return appTraffic(ctx, asked, signal);
  }

  async maintenance(app: string, request: MaintenanceRequest): Promise<string[]> {
    return changeMaintenance(await this.#appContext(app), request);
  }

  async releases(app: string): Promise<ReleaseSummary[]> {
    return releaseSummaries(await this.#appContext(app));
  }

  async volumes(app: string): Promise<string[]> {
    return appVolumes(await this.#appContext(app));
  }

  async upgrade({ check }: { check: boolean }, signal?: AbortSignal): Promise<UpgradeReport> {
    const socket = this.#deps.store.getSetting(socketSetting);
    if (socket === undefined) return { proxies: [] };
    const target = this.#deps.connect(socket);
    const deps = { store: this.#deps.store, target, ...this.#keepersOf(target) };
    return check ? checkUpgrade(deps, signal) : upgradeProxies(deps, signal);
  }

  async uninstall(input: { purge: boolean; volumes: boolean }): Promise<{ removed: string[]; kept: string[] }> {
    const socket = this.#deps.store.getSetting(socketSetting);
    if (this.#active.size > 0) throw new BerthError('LEASE_HELD', 'A rollout is running.', { hint: 'Wait for its end, then uninstall.' });
    return uninstall(this.#deps, { ...input, target: socket === undefined ? undefined : this.#deps.connect(socket) });
  }

  async runOneOff(input: { socket?: string | undefined; app: string; request: SessionRequest }): Promise<OneOff> {
    const socket = input.socket ?? this.#deps.store.getSetting(socketSetting);
    if (socket === undefined)
      throw new BerthError('ENGINE_UNREACHABLE', 'This home has not been used with an engine yet.', { hint: 'Run `berth up`.' });
    const { deployment } = input.request;
    const request: RolloutRequest =
      deployment === undefined
        ? { kind: 'down', app: input.app, volumes: false }
        : { kind: 'build', deployment, services: [], noCache: false };
    return createOneOff(await this.#context({ socket, request }, { rolloutId: `run-${this.#deps.ids.next()}` }), input.request);
  }

  async pickInstance(app: string, service: string, instance?: string): Promise<{ containerId: string; name: string }> {
    needServices(needCurrentRelease(this.#deps.store, app), [service]);
    const running = (await this.instances(app, [service])).filter((i) => i.state === 'running');
    const chosen = instance === undefined ? running[0] : running.find((i) => i.name === instance || i.name.endsWith(`-${instance}`));
    if (chosen !== undefined) return { containerId: chosen.containerId, name: chosen.name };
    const names = running.map((i) => i.name).join(', ');
    throw new BerthError(
      'INSTANCE_NOT_FOUND',
      instance === undefined ? `No instance of ${service} runs.` : `${service} has no running instance ${instance}.`,
      {
        hint: names === '' ? 'See `berth ps`.' : `Running: ${names}.`,
      },
    );
  }

  async instances(app: string, services: readonly string[] = []): Promise<Instance[]> {
    const ctx = await this.#appContext(app);
    const all = await listInstances({ engine: ctx.target.engine, installation: this.#deps.store.installation, app });
    return services.length === 0 ? all : all.filter((i) => services.includes(i.service));
  }

  async jobs(app: string): Promise<Instance[]> {
    return lastJobs(await this.#appContext(app));
  }

  certificates(): Promise<CertificateStatus[]> {
    return Promise.resolve(certificateStatuses(this.#deps));
  }

  authority(): Promise<{ pem: string; fingerprint: string; notAfterMs: number }> {
    return this.#deps.certificates.authority();
  }

  renewCertificates(hosts: readonly string[]): Promise<CertificateStatus[]> {
    return renewCertificates(this.#deps, this.#certificates, hosts, this.#closed.signal).finally(() => this.#certificates.wake());
  }

  async close(): Promise<void> {
    this.#closed.abort();
    const active = [...this.#active.values()];
    for (const a of active) a.session.suspend();
    await Promise.all([...active.map((a) => a.ended), this.#restoring]);
  }
}
