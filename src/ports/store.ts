import type {
  AppEdge,
  EventRecord,
  JournalEntry,
  Pin,
  Release,
  Rollout,
  RolloutEvent,
  RolloutState,
  ServiceFront,
  Step,
} from '../model/index.ts';
import type { BerthErrorData } from '../errors/index.ts';
import type { SealedSecret, SecretKey, SecretVersion } from './secrets.ts';

/** An app as the installation knows it. `replicas` are overrides of `scale`, gone with the next `up`. */
export type AppRecord = {
  readonly name: string;
  readonly directory: string;
  readonly createdAtMs: number;
  readonly currentRelease?: number | undefined;
  readonly replicas: Readonly<Record<string, number>>;
  /** True after `berth stop` of the whole app. Services stopped singly are in `stoppedServices`. */
  readonly stoppedServices: readonly string[];
};

/** A new rollout as it is asked for; `requestId` makes asking twice harmless. */
export type NewRollout = Pick<Rollout, 'id' | 'app' | 'kind' | 'fromRelease' | 'toRelease' | 'createdAtMs'> & {
  readonly requestId: string;
  readonly input: unknown;
};

/**
 * The durable record: apps, releases, rollouts, the journal, events, leases, addresses. Calls are synchronous
 * (node:sqlite) and each is one transaction on disk when it returns. A full disk throws JOURNAL_FULL.
 */
export interface Store {
  /** Random id of this installation, made with the database. */
  readonly installation: string;

  getApp(name: string): AppRecord | undefined;
  listApps(): AppRecord[];
  putApp(app: AppRecord): void;
  /**
   * Removes the app with all its releases, pins, addresses, edge, fronts and copies of secrets from elsewhere; events and
   * rollouts stay as history, and what users set as secrets stays theirs.
   */
  deleteApp(name: string): void;

  /** The next release number of an app, never given twice (also not after `down`). */
  nextRelease(app: string): number;
  putRelease(release: Release): void;
  getRelease(app: string, number: number): Release | undefined;
  /** Newest first. */
  listReleases(app: string): Release[];
  deleteRelease(app: string, number: number): void;

  getPins(app: string): Readonly<Record<string, Pin>>;
  putPin(app: string, service: string, pin: Pin): void;

  /** Returns the rollout that an equal `requestId` made before, or makes it. */
  createRollout(rollout: NewRollout): { readonly rollout: Rollout; readonly created: boolean };
  getRollout(id: string): Rollout | undefined;
  /** What was asked for, as it was given to `createRollout`; undefined once the rollout has ended, for it carries secrets. */
  getRolloutInput(id: string): unknown;
  updateRollout(
    id: string,
    change: {
      state?: RolloutState;
      toRelease?: number;
      fromRelease?: number;
      endedAtMs?: number;
      error?: BerthErrorData;
      resumes?: number;
    },
  ): void;
  /** Rollouts that have not ended, oldest first. */
  listActiveRollouts(): Rollout[];
  listRollouts(app: string, limit: number): Rollout[];

  /** Writes a step as running before it runs; answers its journal number. */
  journalStart(rollout: string, step: Step, atMs: number): number;
  journalEnd(rollout: string, seq: number, state: 'done' | 'failed' | 'interrupted', atMs: number, result?: unknown): void;
  listJournal(rollout: string): JournalEntry[];

  appendEvent(rollout: string, app: string, event: RolloutEvent, atMs: number): EventRecord;
  /** Oldest first. `limit` keeps the first of what fits, `last` the last. */
  listEvents(query: { rollout?: string; app?: string; afterSeq?: number; limit?: number; last?: number }): EventRecord[];

  /** Takes the lease of an app, or answers who holds it. A lease of another owner whose heartbeat is older than `staleMs` is taken over. */
  takeLease(input: {
    app: string;
    owner: string;
    rollout: string;
    atMs: number;
    staleMs: number;
  }): { readonly taken: true } | { readonly taken: false; readonly rollout: string };
  beatLease(app: string, owner: string, atMs: number): void;
  releaseLease(app: string, owner: string): void;

  /** What each app wants of the edge. */
  getEdge(app: string): AppEdge | undefined;
  listEdges(): AppEdge[];
  putEdge(edge: AppEdge): void;

  /** The wanted state of the front of a service. */
  getFront(app: string, service: string): ServiceFront | undefined;
  /** The fronts of all apps. */
  listFronts(): ServiceFront[];
  putFront(front: ServiceFront): void;
  deleteFront(app: string, service: string): void;

  /**
   * Gives an instance a fixed address of a network: its own one if it has one, else the lowest candidate that is
   * neither held nor was freed within `restMs`. With `app`, `deleteApp` frees what is left of it.
   */
  takeAddress(input: {
    network: string;
    instance: string;
    app?: string | undefined;
    candidates: Iterable<string>;
    atMs: number;
    restMs: number;
  }): string | undefined;
  freeAddresses(instance: string, atMs: number): void;
  /** Subnet that berth gave to a network, kept so that it comes back the same. */
  getSubnet(network: string): string | undefined;
  putSubnet(network: string, subnet: string): void;
  deleteSubnet(network: string): void;

  /** Keeps a value as the next version of a secret. */
  addSecret(key: SecretKey, sealed: string, atMs: number): SecretVersion;
  /** The same for several: all of them, or none. */
  addSecrets(secrets: readonly { readonly key: SecretKey; readonly sealed: string }[], atMs: number): SecretVersion[];
  getSecret(id: number): SealedSecret | undefined;
  newestSecret(key: SecretKey): SealedSecret | undefined;
  /** Every version of every secret, oldest version first. */
  listSecrets(): SecretVersion[];
  removeSecrets(ids: readonly number[]): void;
  listSealed(): SealedSecret[];
  /** Puts other encryptions of the same values in their place, all at once. */
  replaceSealed(sealed: ReadonlyMap<number, string>): void;

  /** Small values of the server itself (warned-once flags and the like). */
  getSetting(key: string): string | undefined;
  putSetting(key: string, value: string): void;

  close(): void;
}
