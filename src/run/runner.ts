import type {
  AppStatus,
  CertificateStatus,
  ReleaseSummary,
  RolloutRequest,
  SessionRequest,
  TrafficReport,
  UpgradeReport,
} from '../contract/index.ts';
import type { EventRecord, Instance, Plan, Rollout } from '../model/index.ts';
import type { MaintenanceRequest } from './maintenance.ts';
import type { SecretVerbs } from './secret-verbs.ts';

/** A request for one engine: its socket is remembered with the app. */
export type RunnerInput = { readonly socket: string; readonly request: RolloutRequest };

/** The container of a one-off command, by its name. */
export type OneOff = { readonly name: string; cleanup(): Promise<void> };

/** What the server asks of the domain: plans, rollouts and the state of apps. Failures are BerthError. */
export interface Runner {
  /** The plan of a rollout, without running it. */
  plan(input: RunnerInput, signal?: AbortSignal): Promise<Plan>;
  /** Starts a rollout and answers as soon as it is journalled; the same requestId again answers the same rollout. */
  start(input: RunnerInput & { readonly requestId: string }): Promise<Rollout>;
  /** Finishes the running steps and goes back. */
  cancel(id: string): Rollout;
  /** Picks up every rollout that an earlier server left; resolves when they run again, not when they end. */
  resume(): Promise<void>;

  /** The names of the apps that have a release, or a rollout that runs. */
  apps(): string[];
  status(app: string): Promise<AppStatus>;
  /** The status of each of `apps`. */
  statusAll(): Promise<AppStatus[]>;
  /** What the traffic of an app (or of one of its services) did in the last `spanMs`. SERVICE_NOT_FOUND. */
  traffic(
    input: { readonly app: string; readonly service?: string | undefined; readonly spanMs: number },
    signal?: AbortSignal,
  ): Promise<TrafficReport>;
  /** Lets the edge answer for services, or no longer; answers which of the app's are in maintenance now. */
  maintenance(app: string, request: MaintenanceRequest): Promise<string[]>;
  /** Newest first. */
  releases(app: string): Promise<ReleaseSummary[]>;
  /** What `down --volumes` would remove. */
  volumes(app: string): Promise<string[]>;
  /** Replaces the proxies that run in another image than a new one would; with `check` only says which. */
  upgrade(input: { readonly check: boolean }, signal?: AbortSignal): Promise<UpgradeReport>;
  /** The secrets that users set. */
  readonly secrets: SecretVerbs;
  uninstall(input: { purge: boolean; volumes: boolean }): Promise<{ removed: string[]; kept: string[] }>;

  /** The certificates that apps need, as they are held. */
  certificates(): Promise<CertificateStatus[]>;
  /** The certificate of berth's own authority, made at first use. */
  authority(): Promise<{ pem: string; fingerprint: string; notAfterMs: number }>;
  /** Renews the certificates for hosts (all that renew themselves, when none is named) now, whatever an earlier failure says. */
  renewCertificates(hosts: readonly string[]): Promise<CertificateStatus[]>;

  /** Every event as it is written to the store. */
  readonly events: { subscribe(listener: (record: EventRecord) => void): () => void };

  /** Creates (and does not start) the container of a one-off command; `cleanup` removes it. */
  runOneOff(input: { readonly socket?: string | undefined; readonly app: string; readonly request: SessionRequest }): Promise<OneOff>;
  /** A running instance of a service: the named one, else the first. INSTANCE_NOT_FOUND, SERVICE_NOT_FOUND, APP_NOT_FOUND. */
  pickInstance(app: string, service: string, instance?: string): Promise<{ readonly containerId: string; readonly name: string }>;
  /** The instances of an app (or of some services) as the engine shows them. */
  instances(app: string, services?: readonly string[]): Promise<Instance[]>;
  /** The newest run of each job of an app; jobs are no instances, as they end. */
  jobs(app: string): Promise<Instance[]>;

  /** Stops between two steps; what was running stays journalled and resumes with the next server. */
  close(): Promise<void>;
}
