/**
 * A container engine: Docker's Engine API 1.41 or later, or Podman's compatible service. Shapes keep the
 * API's own spelling where they are the API's bodies (`ContainerBody`), and are camelCase where berth reads them.
 *
 * Every call takes an `AbortSignal` and has a deadline of its own. Not found is a value (`undefined` or `false`),
 * other failures are BerthError: ENGINE_UNREACHABLE, ENGINE_TIMEOUT, ENGINE_REFUSED (message of the engine in it),
 * ENGINE_CONFLICT (409), IMAGE_NOT_FOUND, REGISTRY_DENIED, REGISTRY_UNREACHABLE.
 * `details.status` is the engine's HTTP status (403: an address or a subnet is taken; 404: absent), `details.engineMessage` its words.
 * An aborted call rejects with the signal's reason; an aborted iteration (log, events) just ends.
 */
export interface Engine {
  /** What answers: engine name, version and the API version agreed on. */
  info(signal?: AbortSignal): Promise<EngineInfo>;
  /** Resolves when the engine answers. Costs it next to nothing, where Docker runs two programs for `info`. */
  ping(signal?: AbortSignal): Promise<void>;

  listContainers(query: { labels: Readonly<Record<string, string>>; all?: boolean }, signal?: AbortSignal): Promise<ContainerSummary[]>;
  inspectContainer(idOrName: string, signal?: AbortSignal): Promise<ContainerDetails | undefined>;
  /** Creates a container and returns its id. The name must be free: ENGINE_CONFLICT otherwise. */
  createContainer(name: string, body: ContainerBody, signal?: AbortSignal): Promise<string>;
  /** Starting a running container does nothing. */
  startContainer(id: string, signal?: AbortSignal): Promise<void>;
  /** Sends the stop signal, waits `graceMs`, then kills. Stopping a stopped or absent container does nothing. */
  stopContainer(id: string, input: { graceMs: number; signal?: string | undefined }, signal?: AbortSignal): Promise<void>;
  killContainer(id: string, unixSignal: string, signal?: AbortSignal): Promise<void>;
  /** Lets a paused container go on; any other stays as it is. */
  unpauseContainer(id: string, signal?: AbortSignal): Promise<void>;
  /** Removes a container; an absent one is fine. */
  removeContainer(id: string, input: { force?: boolean; volumes?: boolean }, signal?: AbortSignal): Promise<void>;
  renameContainer(id: string, name: string, signal?: AbortSignal): Promise<void>;
  /** Changes the restart policy (and only that) of a container. */
  setRestartPolicy(id: string, policy: RestartPolicy, signal?: AbortSignal): Promise<void>;
  /** Resolves with the exit code when the container has stopped; no deadline but the signal. */
  waitContainer(id: string, signal?: AbortSignal): Promise<number>;
  /** Log lines, oldest first; with `follow` the iteration goes on until the container ends or the signal aborts. */
  containerLogs(id: string, query: LogQuery, signal?: AbortSignal): AsyncIterable<LogLine>;
  containerStats(id: string, signal?: AbortSignal): Promise<ContainerStats | undefined>;
  /** Unpacks a tar archive into a directory of the container. */
  putArchive(id: string, path: string, tar: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** A tar archive of a path in the container, or undefined when there is none. */
  getArchive(id: string, path: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;

  /** Runs a command in a container to its end and collects its output. */
  exec(id: string, input: ExecInput, signal?: AbortSignal): Promise<ExecResult>;
  /** Starts a command with streams attached; with `tty` the output is one raw stream. */
  openExec(id: string, input: ExecInput & { tty: boolean; stdin: boolean }, signal?: AbortSignal): Promise<ExecSession>;
  /** Attaches to a created (not yet started) container, for `berth run`. */
  attachContainer(id: string, input: { tty: boolean; stdin: boolean }, signal?: AbortSignal): Promise<AttachSession>;
  resizeContainer(id: string, size: { rows: number; columns: number }, signal?: AbortSignal): Promise<void>;

  inspectImage(reference: string, signal?: AbortSignal): Promise<ImageDetails | undefined>;
  listImages(query: { labels?: Readonly<Record<string, string>>; reference?: string }, signal?: AbortSignal): Promise<ImageSummary[]>;
  /** Pulls an image and reports progress in bytes over all layers. `auth` is the value of X-Registry-Auth, decoded. */
  pullImage(
    input: { reference: string; platform?: string | undefined; auth?: RegistryAuth | undefined },
    onProgress: (p: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  tagImage(reference: string, repository: string, tag: string, signal?: AbortSignal): Promise<void>;
  /** Removes a tag (or an image by id); an absent one is fine; one in use is left and answers false. */
  removeImage(reference: string, signal?: AbortSignal): Promise<boolean>;
  /** Loads images from a `docker save` tar. */
  loadImage(tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;
  /** Makes an image of one layer from a root file system tar; `changes` are Dockerfile lines. Answers the id. */
  importImage(
    input: { tar: AsyncIterable<Uint8Array>; repository: string; tag: string; changes: readonly string[] },
    signal?: AbortSignal,
  ): Promise<string>;

  listNetworks(signal?: AbortSignal): Promise<NetworkDetails[]>;
  inspectNetwork(name: string, signal?: AbortSignal): Promise<NetworkDetails | undefined>;
  createNetwork(body: NetworkBody, signal?: AbortSignal): Promise<string>;
  /** Removes a network; an absent one is fine; one with endpoints is ENGINE_CONFLICT. */
  removeNetwork(name: string, signal?: AbortSignal): Promise<void>;
  connectNetwork(network: string, container: string, endpoint: EndpointBody, signal?: AbortSignal): Promise<void>;
  disconnectNetwork(network: string, container: string, signal?: AbortSignal): Promise<void>;
  /**
   * Lets a container be on a network in another way: it leaves it, if it is on it, and joins it again. Connections outlive that,
   * but nothing new can be reached meanwhile, so `frozen` (itself, or who shares its namespace) is paused where the engine can.
   */
  rejoinNetwork(
    network: string,
    container: string,
    input: { endpoint: EndpointBody; frozen: string; signal?: AbortSignal | undefined },
  ): Promise<void>;

  inspectVolume(name: string, signal?: AbortSignal): Promise<VolumeDetails | undefined>;
  listVolumes(query: { labels: Readonly<Record<string, string>> }, signal?: AbortSignal): Promise<VolumeDetails[]>;
  createVolume(body: VolumeBody, signal?: AbortSignal): Promise<void>;
  removeVolume(name: string, signal?: AbortSignal): Promise<void>;

  /** Engine events, from now on (or `sinceMs`), until the signal aborts or the engine goes away (then it throws). */
  watchEvents(query: { labels?: Readonly<Record<string, string>>; sinceMs?: number }, signal: AbortSignal): AsyncIterable<EngineEvent>;
}

export type EngineInfo = {
  readonly name: 'docker' | 'podman';
  readonly version: string;
  readonly apiVersion: string;
  readonly arch: string;
  readonly os: string;
  readonly rootless: boolean;
  readonly socket: string;
};

export type ContainerSummary = {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Network name to IPv4 address. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
};

export type ContainerDetails = {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** Output of the last health checks, oldest first. */
  readonly healthLog: readonly { readonly exitCode: number; readonly output: string; readonly atMs: number }[];
  readonly pid: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** What the engine says kept it from starting, or ''. */
  readonly error: string;
  readonly restartCount: number;
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  readonly tty: boolean;
  /** Network name to addresses. */
  readonly networks: Readonly<
    Record<string, { readonly networkId: string; readonly address: string; readonly aliases: readonly string[] }>
  >;
  readonly mounts: readonly {
    readonly type: string;
    readonly name: string | undefined;
    readonly source: string;
    readonly target: string;
    readonly readWrite: boolean;
  }[];
  readonly restartPolicy: RestartPolicy;
};

export type RestartPolicy = { readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped'; readonly maxRetries?: number };

/** Body of `POST /containers/create`, in the API's own spelling (Docker Engine API 1.41, ContainerConfig). */
export type ContainerBody = {
  readonly Image: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Env?: readonly string[];
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkingConfig?: { readonly EndpointsConfig: Readonly<Record<string, EndpointBody>> };
  readonly [key: string]: unknown;
};

/** An endpoint on a network, in the API's own spelling (EndpointSettings). */
export type EndpointBody = {
  readonly Aliases?: readonly string[];
  readonly IPAMConfig?: { readonly IPv4Address?: string; readonly IPv6Address?: string; readonly LinkLocalIPs?: readonly string[] };
  readonly MacAddress?: string;
  readonly DriverOpts?: Readonly<Record<string, string>>;
  readonly Links?: readonly string[];
  readonly GwPriority?: number;
};

export type LogQuery = { readonly follow?: boolean; readonly tail?: number; readonly sinceMs?: number; readonly untilMs?: number };
export type LogLine = { readonly stream: 'stdout' | 'stderr'; readonly atMs: number; readonly text: string };
/** One reading; `cpuPercent` is of one core. */
export type ContainerStats = {
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly pids: number;
};

export type ExecInput = {
  readonly command: readonly string[];
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly privileged?: boolean | undefined;
};
export type ExecResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };
export interface AttachSession {
  /** Output frames in order; a TTY's come all as stdout. */
  readonly output: AsyncIterable<{ readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array }>;
  /** A promise when the other side is full: wait for it before writing more, or the bytes pile up in memory. */
  write(data: Uint8Array): void | Promise<void>;
  /** Closes standard input and leaves the output open. */
  end(): void;
  resize(size: { rows: number; columns: number }): Promise<void>;
  close(): void;
}
/** Why a command could not begin. */
export type CommandRefusal = 'not-found' | 'not-executable';
export interface ExecSession extends AttachSession {
  /**
   * Why the command could not begin, once the first output is there: then that is the engine's words. Undefined where it
   * did begin.
   */
  refusal(): Promise<CommandRefusal | undefined>;
  /** The exit code, once the output has ended. */
  exitCode(): Promise<number>;
}

export type ImageSummary = {
  readonly id: string;
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  readonly createdAtMs: number;
};
export type ImageDetails = ImageSummary & {
  readonly digests: readonly string[];
  readonly user: string;
  readonly command: readonly string[];
  readonly entrypoint: readonly string[];
  readonly environment: readonly string[];
  readonly exposedPorts: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[];
  readonly volumes: readonly string[];
  readonly healthcheck: boolean;
  readonly stopSignal: string | undefined;
  readonly architecture: string;
};
export type RegistryAuth = {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly identitytoken?: string | undefined;
  readonly serveraddress?: string | undefined;
};
export type PullProgress = { readonly current: number; readonly total: number; readonly status: string };

export type NetworkDetails = {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly subnets: readonly { readonly subnet: string; readonly gateway: string | undefined }[];
  /** Container ids (only where inspected, not where listed). */
  readonly containers: readonly { readonly id: string; readonly name: string; readonly address: string }[];
  readonly options: Readonly<Record<string, string>>;
};
export type NetworkBody = {
  readonly Name: string;
  readonly Driver?: string;
  readonly Internal?: boolean;
  readonly Attachable?: boolean;
  readonly EnableIPv4?: boolean;
  readonly EnableIPv6?: boolean;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Options?: Readonly<Record<string, string>>;
  readonly IPAM?: {
    readonly Driver?: string;
    readonly Config: readonly Readonly<Record<string, unknown>>[];
    readonly Options?: Readonly<Record<string, string>>;
  };
};
export type VolumeDetails = {
  readonly name: string;
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mountpoint: string;
};
export type VolumeBody = {
  readonly Name: string;
  readonly Driver?: string;
  readonly DriverOpts?: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
};

export type EngineEvent = {
  readonly type: string;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly atMs: number;
};
