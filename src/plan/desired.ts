import type { Instance, Internal, Probe, Service } from '../model/index.ts';

/** One service as it should be, with everything decided that can be decided before a container runs. */
export type DesiredService = {
  readonly service: Service;
  readonly replicas: number;
  /** Hash of all that makes an instance what it is. */
  readonly config: string;
  readonly probe: Probe;
  /** `http` or `tcp` when written or pinned; absent until the first probe tells. */
  readonly protocol?: 'http' | 'tcp' | undefined;
  /** The container port that routes and probes use. */
  readonly port?: number | undefined;
  /** Every TCP port that is written or that the image exposes. */
  readonly tcpPorts: readonly number[];
  /** How other services reach it by its name. */
  readonly internal: Internal;
  /** Runs to its end once per release instead of staying up. */
  readonly isJob: boolean;
  /** Container paths that the image declares as volumes and the file does not mount. */
  readonly anonymousVolumes: readonly string[];
  /** Replace instances even when nothing changed (`berth restart`, `depends_on.restart`). */
  readonly force: boolean;
};

/** What a rollout wants: the services of one release. Services observed but absent here are removed. */
export type Desired = {
  readonly app: string;
  readonly release: number;
  readonly rolloutId: string;
  readonly services: readonly DesiredService[];
  /** Networks and volumes that must be there, by key and in order. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
};

/** What was seen on the target before planning. */
export type Observed = {
  readonly instances: readonly Instance[];
  /** Instances of this very rollout that have not passed their probe yet. */
  readonly unproven: readonly string[];
  /** Instances that a front has taken the service's names from. */
  readonly nameless: readonly string[];
  /** Instances that the edge counts as ready or draining, by service. */
  readonly edge: Readonly<Record<string, ObservedEdge>>;
  /** The same of the fronts that there are, by service. */
  readonly fronts: Readonly<Record<string, ObservedEdge>>;
  /** What has to be done for the certificates of services that need one, by service. */
  readonly certificates?: Readonly<Record<string, ObservedCertificate>> | undefined;
  /** Networks and volumes (keys) that exist. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /** Containers of jobs and release commands that are still there. */
  readonly jobs: readonly ObservedJob[];
  /** This very rollout has been watched to the end already (it was resumed after that). */
  readonly watched: boolean;
};

/** Why a certificate must be there before the edge speaks TLS, and why one is ordered of an ACME server once the edge does. */
export type ObservedCertificate = {
  readonly ensure?: string | undefined;
  readonly order?: string | undefined;
  readonly hosts: readonly string[];
};

/** A job's container: what it was made from and whether it ended with exit 0. */
export type ObservedJob = { readonly name: string; readonly service: string; readonly config: string; readonly succeeded: boolean };

/** A service as the edge has it: which instances answer, and whether listeners and checks are as wanted. */
export type ObservedEdge = { readonly ready: readonly string[]; readonly draining: readonly string[]; readonly settled: boolean };

/** How a plan differs from the usual roll forward. */
export type PlanOptions = {
  /** `back` keeps failed instances. */
  readonly direction: 'forward' | 'back';
  /** Only these services are touched; empty means all, and then services that are gone from the file are removed. */
  readonly only: readonly string[];
  /** Instances that are stopped but not removed, because they are to be looked at. */
  readonly keep: readonly string[];
  /** Leaves out the watch (scale, start). */
  readonly watch: boolean;
  /** A new release: its jobs and release commands run, and at the end it becomes the current one. */
  readonly promote: boolean;
};

/** Whether the edge carries traffic to a service. */
export function hasEdge(service: Service): boolean {
  if (service.networkMode !== undefined && service.networkMode !== 'host') return false;
  return service.routes.length > 0 || service.ports.some((p) => p.protocol === 'tcp' && p.published !== undefined);
}
