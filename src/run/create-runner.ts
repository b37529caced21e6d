import type {
  AppStatus,
  CertificateStatus,
  ReleaseSummary,
  RolloutRequest,
  SessionRequest,
  TrafficReport,
  UpgradeReport,
} from '../contract/index.ts';
import { BerthError } from '../errors/index.ts';
import type { Instance, Plan, Rollout } from '../model/index.ts';
import { lastJobs } from './actions/job.ts';
import { certificateStatuses, renewCertificates } from './certificate/certificate-status.ts';
import { Contexts } from './contexts.ts';
import type { RunDeps } from './deps.ts';
import { EventLog } from './event-log.ts';
import { changeMaintenance, type MaintenanceRequest } from './maintenance.ts';
import { createOneOff } from './one-off.ts';
import { redactingStore } from './redacting-store.ts';
import { restoreTarget } from './restore.ts';
import { draftPlan } from './rollout/draft-plan.ts';
import { checkRequest, deployedApps, needCurrentRelease, needServices } from './rollout/goal.ts';
import { appVolumes } from './rollout/lifecycle.ts';
import { Rollouts } from './rollouts.ts';
import type { OneOff, Runner, RunnerInput } from './runner.ts';
import { secretVerbs, type SecretVerbs } from './secret-verbs.ts';
import { appStatus, releaseSummaries } from './status.ts';
import { listInstances } from './target/instances.ts';
import { appTraffic } from './traffic.ts';
import { uninstall } from './uninstall.ts';
import { checkUpgrade, upgradeProxies } from './upgrade.ts';

/** Builds the runner: everything that deploys, from the ports it is given. */
export function createRunner(deps: RunDeps): Runner {
  return new AppRunner(deps);
}

class AppRunner implements Runner {
  readonly events: EventLog;
  readonly secrets: SecretVerbs;
  readonly #deps: RunDeps;
  readonly #contexts: Contexts;
  readonly #rollouts: Rollouts;
  readonly #startedAtMs: number;
  readonly #closed = new AbortController();
  #restoring: Promise<void> = Promise.resolve();

  constructor(deps: RunDeps) {
    this.#deps = { ...deps, store: redactingStore(deps.store, deps.redactor) };
    this.#startedAtMs = deps.clock.now();
    this.events = new EventLog(this.#deps);
    this.#contexts = new Contexts(this.#deps, this.events);
    this.#rollouts = new Rollouts(this.#deps, this.#contexts, this.events);
    this.secrets = secretVerbs({ ...deps, sealing: this.#contexts.sealing });
  }

  async plan(input: RunnerInput, signal: AbortSignal = new AbortController().signal): Promise<Plan> {
    checkRequest(this.#deps.store, input.request);
    return draftPlan(await this.#contexts.of(input, { rolloutId: 'plan' }), input.request, signal);
  }

  start(input: RunnerInput & { readonly requestId: string }): Promise<Rollout> {
    return this.#rollouts.start(input);
  }

  cancel(id: string): Rollout {
    return this.#rollouts.cancel(id);
  }

  async resume(): Promise<void> {
    const { signal } = this.#closed;
    const target = this.#contexts.target();
    await this.#rollouts.resume();
    const restoring = { deps: this.#deps, startedAtMs: this.#startedAtMs };
    const restored =
      target === undefined ? Promise.resolve() : restoreTarget({ ...restoring, target, keepers: this.#contexts.keepersOf(target) }, signal);
    this.#restoring = restored.then(() => this.#contexts.certificateKeeper.run(signal));
  }

  async status(app: string): Promise<AppStatus> {
    return appStatus(await this.#contexts.ofApp(app));
  }

  apps(): string[] {
    return deployedApps(this.#deps.store);
  }

  async statusAll(): Promise<AppStatus[]> {
    return Promise.all(this.apps().map((name) => this.status(name)));
  }

  async traffic({ app, ...asked }: Parameters<Runner['traffic']>[0], signal?: AbortSignal): Promise<TrafficReport> {
    const ctx = await this.#contexts.ofApp(app);
    const release = ctx.store.getApp(app)?.currentRelease;
    if (asked.service !== undefined && release !== undefined) needServices(needCurrentRelease(ctx.store, app), [asked.service]);
    return appTraffic(ctx, asked, signal);
  }

  async maintenance(app: string, request: MaintenanceRequest): Promise<string[]> {
    return changeMaintenance(await this.#contexts.ofApp(app), request);
  }

  async releases(app: string): Promise<ReleaseSummary[]> {
    return releaseSummaries(await this.#contexts.ofApp(app));
  }

  async volumes(app: string): Promise<string[]> {
    return appVolumes(await this.#contexts.ofApp(app));
  }

  async upgrade({ check }: { check: boolean }, signal?: AbortSignal): Promise<UpgradeReport> {
    const target = this.#contexts.target();
    if (target === undefined) return { proxies: [] };
    const deps = { store: this.#deps.store, target, ...this.#contexts.keepersOf(target) };
    return check ? checkUpgrade(deps, signal) : upgradeProxies(deps, signal);
  }

  async uninstall(input: { purge: boolean; volumes: boolean }): Promise<{ removed: string[]; kept: string[] }> {
    if (this.#rollouts.running > 0)
      throw new BerthError('LEASE_HELD', 'A rollout is running.', { hint: 'Wait for its end, then uninstall.' });
    return uninstall(this.#deps, { ...input, target: this.#contexts.target() });
  }

  async runOneOff(input: { socket?: string | undefined; app: string; request: SessionRequest }): Promise<OneOff> {
    const socket = input.socket ?? this.#contexts.needSocket();
    const { deployment } = input.request;
    const request: RolloutRequest =
      deployment === undefined
        ? { kind: 'down', app: input.app, volumes: false }
        : { kind: 'build', deployment, services: [], noCache: false };
    return createOneOff(await this.#contexts.of({ socket, request }, { rolloutId: `run-${this.#deps.ids.next()}` }), input.request);
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
    const ctx = await this.#contexts.ofApp(app);
    const all = await listInstances({ engine: ctx.target.engine, installation: this.#deps.store.installation, app });
    return services.length === 0 ? all : all.filter((i) => services.includes(i.service));
  }

  async jobs(app: string): Promise<Instance[]> {
    return lastJobs(await this.#contexts.ofApp(app));
  }

  certificates(): Promise<CertificateStatus[]> {
    return Promise.resolve(certificateStatuses(this.#deps));
  }

  authority(): Promise<{ pem: string; fingerprint: string; notAfterMs: number }> {
    return this.#deps.certificates.authority();
  }

  renewCertificates(hosts: readonly string[]): Promise<CertificateStatus[]> {
    return renewCertificates(this.#deps, this.#contexts.certificateKeeper, hosts, this.#closed.signal).finally(() =>
      this.#contexts.certificateKeeper.wake(),
    );
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all([this.#rollouts.suspend(), this.#restoring]);
  }
}
