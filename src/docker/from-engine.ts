import type {
  ContainerDetails,
  ContainerStats,
  ContainerSummary,
  EngineEvent,
  ImageDetails,
  ImageSummary,
  NetworkDetails,
  RestartPolicy,
  VolumeDetails,
} from '../ports/index.ts';

type Text = string | undefined | null;
type Map<T> = Readonly<Record<string, T>> | undefined | null;

/** The parts of the engine's JSON that berth reads; everything may be absent (Podman leaves out more than Docker). */
export type RawSummary = {
  Id: string;
  Names?: string[] | null;
  ImageID?: string;
  State?: string;
  Labels?: Map<string>;
  NetworkSettings?: { Networks?: Map<{ IPAddress?: string }> };
  Created?: number;
};
export type RawContainer = {
  Id: string;
  Name?: string;
  Image?: string;
  RestartCount?: number;
  State?: {
    Status?: string;
    Health?: { Status?: string; Log?: { ExitCode?: number; Output?: string; End?: string }[] | null } | null;
    Pid?: number;
    ExitCode?: number;
    OOMKilled?: boolean;
    Error?: string;
    StartedAt?: string;
    FinishedAt?: string;
  };
  Config?: { Labels?: Map<string>; Tty?: boolean; StopSignal?: string; WorkingDir?: string };
  HostConfig?: { RestartPolicy?: { Name?: string; MaximumRetryCount?: number } };
  NetworkSettings?: { Networks?: Map<{ NetworkID?: string; IPAddress?: string; Aliases?: string[] | null }> };
  Mounts?: { Type?: string; Name?: string; Source?: string; Destination?: string; RW?: boolean }[] | null;
};
export type RawImageSummary = {
  Id: string;
  RepoTags?: string[] | null;
  Labels?: Map<string>;
  Size?: number;
  Created?: number;
};
export type RawImage = {
  Id: string;
  RepoTags?: string[] | null;
  RepoDigests?: string[] | null;
  Size?: number;
  Created?: string;
  Architecture?: string;
  Config?: {
    Labels?: Map<string>;
    User?: string;
    Cmd?: string[] | null;
    Entrypoint?: string[] | null;
    Env?: string[] | null;
    ExposedPorts?: Map<unknown>;
    Volumes?: Map<unknown>;
    Healthcheck?: { Test?: string[] | null } | null;
    StopSignal?: string;
  } | null;
};
export type RawNetwork = {
  Id: string;
  Name: string;
  Driver?: string;
  Internal?: boolean;
  Labels?: Map<string>;
  IPAM?: { Config?: { Subnet?: string; Gateway?: string }[] | null };
  Containers?: Map<{ Name?: string; IPv4Address?: string }>;
  Options?: Map<string>;
};
export type RawVolume = { Name: string; Driver?: string; Labels?: Map<string>; Mountpoint?: string };
export type RawEvent = {
  Type?: string;
  Action?: string;
  Actor?: { ID?: string; Attributes?: Map<string> };
  timeNano?: number;
  time?: number;
};
export type RawStats = {
  read?: string;
  cpu_stats?: { cpu_usage?: { total_usage?: number } };
  memory_stats?: { usage?: number; limit?: number; stats?: Map<number> };
  networks?: Map<{ rx_bytes?: number; tx_bytes?: number }>;
  pids_stats?: { current?: number };
};

export function toSummary(raw: RawSummary): ContainerSummary {
  const addresses: Record<string, string> = {};
  for (const [network, endpoint] of Object.entries(raw.NetworkSettings?.Networks ?? {})) addresses[network] = endpoint.IPAddress ?? '';
  return {
    id: raw.Id,
    name: ownName(raw.Names ?? []),
    imageId: raw.ImageID ?? '',
    state: raw.State ?? '',
    labels: raw.Labels ?? {},
    addresses,
    createdAtMs: (raw.Created ?? 0) * 1000,
  };
}

/** Links add names with a second slash. */
function ownName(names: readonly string[]): string {
  const own = names.find((name) => name.lastIndexOf('/') <= 0) ?? '';
  return own.replace(/^\//, '');
}

const states: readonly string[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const healths: readonly string[] = ['none', 'starting', 'healthy', 'unhealthy'];

export function toDetails(raw: RawContainer): ContainerDetails {
  const { State: state = {}, Config: config = {} } = raw;
  return {
    id: raw.Id,
    name: (raw.Name ?? '').replace(/^\//, ''),
    imageId: raw.Image ?? '',
    labels: config.Labels ?? {},
    ...toRun(state),
    ...toHealth(state.Health?.Status, state.Health?.Log ?? []),
    restartCount: raw.RestartCount ?? 0,
    tty: config.Tty ?? false,
    networks: toPlaces(raw),
    mounts: (raw.Mounts ?? []).map(toMount),
    restartPolicy: toRestartPolicy(raw.HostConfig?.RestartPolicy),
  };
}

function toHealth(status: string | undefined, log: readonly { ExitCode?: number; Output?: string; End?: string }[]) {
  return {
    health: (healths.includes(status ?? '') ? status : 'none') as ContainerDetails['health'],
    healthLog: log.map((l) => ({ exitCode: l.ExitCode ?? 0, output: l.Output ?? '', atMs: toMs(l.End) ?? 0 })),
  };
}

/** Podman also says `configured`, `initialized`, `stopping` and `stopped`. */
const podmanStates: Readonly<Record<string, string>> = { configured: 'created', initialized: 'created', stopping: 'running' };

function toRun(state: NonNullable<RawContainer['State']>) {
  const { Status: status = '' } = state;
  return {
    state: (states.includes(status) ? status : (podmanStates[status] ?? 'exited')) as ContainerDetails['state'],
    pid: state.Pid ?? 0,
    exitCode: state.ExitCode ?? 0,
    oomKilled: state.OOMKilled ?? false,
    error: state.Error ?? '',
    startedAtMs: toMs(state.StartedAt),
    finishedAtMs: toMs(state.FinishedAt),
  };
}

function toPlaces(raw: RawContainer): ContainerDetails['networks'] {
  return Object.fromEntries(
    Object.entries(raw.NetworkSettings?.Networks ?? {}).map(([name, e]) => [
      name,
      { networkId: e.NetworkID ?? '', address: e.IPAddress ?? '', aliases: e.Aliases ?? [] },
    ]),
  );
}

function toMount(m: NonNullable<NonNullable<RawContainer['Mounts']>[number]>): ContainerDetails['mounts'][number] {
  const name = m.Name === undefined || m.Name === '' ? undefined : m.Name;
  return { type: m.Type ?? '', name, source: m.Source ?? '', target: m.Destination ?? '', readWrite: m.RW ?? true };
}

function toRestartPolicy({ Name: name = '', MaximumRetryCount: retries = 0 } = {}): RestartPolicy {
  if (name === 'always' || name === 'unless-stopped') return { name };
  if (name !== 'on-failure') return { name: 'no' };
  return retries === 0 ? { name } : { name, maxRetries: retries };
}

/** A time of the engine; its zero time means never. */
function toMs(time: Text): number | undefined {
  if (time === undefined || time === null || time === '' || time.startsWith('0001-')) return undefined;
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms;
}

const realTags = (tags: readonly string[] | undefined | null): readonly string[] => (tags ?? []).filter((t) => t !== '<none>:<none>');

export function toImageSummary(raw: RawImageSummary): ImageSummary {
  return {
    id: raw.Id,
    tags: realTags(raw.RepoTags),
    labels: raw.Labels ?? {},
    sizeBytes: raw.Size ?? 0,
    createdAtMs: (raw.Created ?? 0) * 1000,
  };
}

export function toImage(raw: RawImage): ImageDetails {
  const config = raw.Config ?? {};
  const test = config.Healthcheck?.Test ?? [];
  return {
    id: raw.Id,
    tags: realTags(raw.RepoTags),
    digests: raw.RepoDigests ?? [],
    labels: config.Labels ?? {},
    sizeBytes: raw.Size ?? 0,
    createdAtMs: toMs(raw.Created) ?? 0,
    ...toImageCommand(config),
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).flatMap(toPort),
    volumes: Object.keys(config.Volumes ?? {}),
    healthcheck: test.length > 0 && test[0] !== 'NONE',
    architecture: raw.Architecture ?? '',
  };
}

function toImageCommand(config: NonNullable<RawImage['Config']>) {
  return {
    user: config.User ?? '',
    command: config.Cmd ?? [],
    entrypoint: config.Entrypoint ?? [],
    environment: config.Env ?? [],
    stopSignal: config.StopSignal === '' ? undefined : config.StopSignal,
  };
}

function toPort(key: string): { port: number; protocol: 'tcp' | 'udp' }[] {
  const [port = '', protocol = 'tcp'] = key.split('/');
  return protocol === 'tcp' || protocol === 'udp' ? [{ port: Number(port), protocol }] : [];
}

export function toNetwork(raw: RawNetwork): NetworkDetails {
  return {
    id: raw.Id,
    name: raw.Name,
    driver: raw.Driver ?? '',
    internal: raw.Internal ?? false,
    labels: raw.Labels ?? {},
    subnets: (raw.IPAM?.Config ?? []).flatMap((c) => (c.Subnet === undefined ? [] : [{ subnet: c.Subnet, gateway: c.Gateway }])),
    containers: Object.entries(raw.Containers ?? {}).map(([id, c]) => ({
      id,
      name: c.Name ?? '',
      address: (c.IPv4Address ?? '').replace(/\/\d+$/, ''),
    })),
    options: raw.Options ?? {},
  };
}

export function toVolume(raw: RawVolume): VolumeDetails {
  return { name: raw.Name, driver: raw.Driver ?? '', labels: raw.Labels ?? {}, mountpoint: raw.Mountpoint ?? '' };
}

export function toEvent(raw: RawEvent): EngineEvent {
  return {
    type: raw.Type ?? '',
    action: raw.Action ?? '',
    id: raw.Actor?.ID ?? '',
    attributes: raw.Actor?.Attributes ?? {},
    atMs: raw.timeNano === undefined ? (raw.time ?? 0) * 1000 : raw.timeNano / 1e6,
  };
}

/** Everything of a reading but the CPU, which needs two. */
export function toStats(raw: RawStats): Omit<ContainerStats, 'cpuPercent'> {
  const memory = raw.memory_stats ?? {};
  // The page cache that the kernel can drop at once is not the application's (cgroup v1 and v2 names).
  const cache = memory.stats?.['total_inactive_file'] ?? memory.stats?.['inactive_file'] ?? 0;
  const networks = Object.values(raw.networks ?? {});
  return {
    memoryBytes: Math.max(0, (memory.usage ?? 0) - cache),
    memoryLimitBytes: memory.limit ?? 0,
    rxBytes: networks.reduce((sum, n) => sum + (n.rx_bytes ?? 0), 0),
    txBytes: networks.reduce((sum, n) => sum + (n.tx_bytes ?? 0), 0),
    pids: raw.pids_stats?.current ?? 0,
  };
}
