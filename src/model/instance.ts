/** One running (or kept) container of a service at a release, as observed on the engine. */
export type Instance = {
  readonly name: string;
  readonly containerId: string;
  readonly app: string;
  readonly service: string;
  readonly release: number;
  /** Hash of all that makes it what it is (label `dev.berth.config`). */
  readonly config: string;
  readonly rolloutId: string;
  readonly state: ContainerState;
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly exitCode?: number | undefined;
  readonly oomKilled?: boolean | undefined;
  readonly restarts: number;
  readonly startedAtMs?: number | undefined;
  /** The address on the network that the edge uses. */
  readonly address?: string | undefined;
  readonly imageId: string;
  /** Other services call it through a front; absent: it has the service's name on the app's networks itself. */
  readonly fronted?: boolean | undefined;
  /** It failed a gate and is kept stopped, restart disabled, to be looked at until the service's next rollout. */
  readonly failed: boolean;
};

/** The engine's own words for what a container is doing. */
export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
