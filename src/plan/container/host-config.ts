import type { Mount, Service } from '../../model/index.ts';
import type { ContainerInput } from './input.ts';

type Json = Record<string, unknown>;

/** Keeps only what is there: the engine takes an absent field for its default. */
export function present(fields: Json): Json {
  return Object.fromEntries(
    Object.entries(fields).filter(([, v]) => v !== undefined && !(Array.isArray(v) && v.length === 0) && !isEmptyObject(v)),
  );
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** `service:NAME` becomes the container of that service; every other mode is the engine's own. */
function mode(text: string | undefined, input: ContainerInput): string | undefined {
  return text?.startsWith('service:') === true ? `container:${input.containerOf(text.slice('service:'.length))}` : text;
}

/** The HostConfig of `POST /containers/create` (Engine API 1.41). */
export function toHostConfig(input: ContainerInput): Json {
  const { service } = input;
  const c = service.container;
  return present({
    NetworkMode: mode(service.networkMode, input) ?? input.networks[0]?.name ?? 'none',
    RestartPolicy: input.once ? { Name: 'no' } : restartPolicy(c.restart),
    LogConfig: logConfig(service),
    Mounts: toMounts(input),
    Binds: toBinds(input),
    PortBindings: input.once ? {} : udpBindings(service),
    Init: c.init,
    ReadonlyRootfs: c.readOnly ? true : undefined,
    Privileged: c.privileged ? true : undefined,
    CapAdd: c.capAdd,
    CapDrop: c.capDrop,
    SecurityOpt: c.securityOpt,
    Sysctls: c.sysctls,
    ShmSize: c.shmSizeBytes,
    Dns: c.dns,
    DnsSearch: c.dnsSearch,
    DnsOptions: c.dnsOpt,
    ExtraHosts: c.extraHosts,
    GroupAdd: c.groupAdd,
    IpcMode: mode(c.ipc, input),
    PidMode: mode(c.pid, input),
    UTSMode: c.uts,
    UsernsMode: c.usernsMode,
    CgroupnsMode: c.cgroup,
    CgroupParent: c.cgroupParent,
    Runtime: c.runtime,
    StorageOpt: c.storageOpt,
    VolumesFrom: c.volumesFrom.map((v) => volumesFrom(v, input)),
    Links: input.once ? undefined : [...c.links.map((l) => link(l, input)), ...c.externalLinks],
    Devices: c.devices.map((d) => ({ PathOnHost: d.source, PathInContainer: d.target, CgroupPermissions: d.permissions })),
    DeviceCgroupRules: c.deviceCgroupRules,
    DeviceRequests: c.deviceRequests.map((d) =>
      present({
        Driver: d.driver,
        Count: d.count,
        DeviceIDs: d.deviceIds,
        Capabilities: d.capabilities.length === 0 ? undefined : [d.capabilities],
        Options: d.options,
      }),
    ),
    Annotations: c.annotations,
    ...toLimits(service),
  });
}

function toLimits(service: Service): Json {
  const c = service.container;
  const throttle = (list: readonly { path: string; rate: number }[] | undefined): Json[] | undefined =>
    list?.map((t) => ({ Path: t.path, Rate: t.rate }));
  return {
    Ulimits: Object.entries(c.ulimits).map(([Name, l]) => ({ Name, Soft: l.soft, Hard: l.hard })),
    NanoCpus: c.nanoCpus,
    CpuShares: c.cpuShares,
    CpuPeriod: c.cpuPeriod,
    CpuQuota: c.cpuQuota,
    CpuRealtimePeriod: c.cpuRtPeriod,
    CpuRealtimeRuntime: c.cpuRtRuntime,
    CpusetCpus: c.cpuset,
    Memory: c.memoryBytes,
    MemoryReservation: c.memoryReservationBytes,
    MemorySwap: c.memorySwapBytes,
    MemorySwappiness: c.memorySwappiness,
    OomKillDisable: c.oomKillDisable,
    OomScoreAdj: c.oomScoreAdj,
    PidsLimit: c.pidsLimit,
    BlkioWeight: c.blkio?.weight,
    BlkioWeightDevice: c.blkio?.weightDevice.map((w) => ({ Path: w.path, Weight: w.weight })),
    BlkioDeviceReadBps: throttle(c.blkio?.readBps),
    BlkioDeviceReadIOps: throttle(c.blkio?.readIops),
    BlkioDeviceWriteBps: throttle(c.blkio?.writeBps),
    BlkioDeviceWriteIOps: throttle(c.blkio?.writeIops),
  };
}

/** `unless-stopped` where the file says nothing: a service survives a crash and a reboot, and `berth stop` too. */
function restartPolicy(text: string | undefined): Json {
  const [name = 'unless-stopped', retries] = (text ?? 'unless-stopped').split(':');
  return present({ Name: name, MaximumRetryCount: retries === undefined ? undefined : Number(retries) });
}

/** Without `logging`, a container keeps three files of 10 MB: logs must not fill a disk. */
function logConfig(service: Service): Json {
  const { logging } = service.container;
  if (logging === undefined) return { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } };
  return { Type: logging.driver ?? 'json-file', Config: logging.options };
}

/** TCP ports are the edge's; only UDP ones are published by the engine. */
function udpBindings(service: Service): Json {
  const bindings: Record<string, Json[]> = {};
  for (const p of service.ports) {
    if (p.protocol !== 'udp') continue;
    const binding = present({ HostIp: p.hostIp, HostPort: p.published === undefined ? undefined : String(p.published) });
    (bindings[`${p.target}/udp`] ??= []).push(binding);
  }
  return bindings;
}

/** Binds whose directory may have to be made by the engine: only the old form does that. */
function toBinds(input: ContainerInput): string[] {
  return input.service.mounts.filter(isOldBind).map((m) => {
    const options = [
      m.readOnly ? 'ro' : 'rw',
      ...(m.propagation === undefined ? [] : [m.propagation]),
      ...(m.selinux === undefined ? [] : [m.selinux]),
    ];
    return `${m.source ?? ''}:${m.target}:${options.join(',')}`;
  });
}

/** A path with a colon cannot be written in the old form. */
function isOldBind(m: Mount): boolean {
  return m.type === 'bind' && m.createHostPath && !(m.source ?? '').includes(':') && !m.target.includes(':');
}

function toMounts(input: ContainerInput): Json[] {
  const mounts = input.service.mounts.filter((m) => !isOldBind(m)).map((m) => toMount(m, input));
  const files = input.service.files.map((f, index) => ({
    Type: 'bind',
    Source: input.files[index] ?? '',
    Target: f.target,
    ReadOnly: true,
  }));
  const carried = input.carried.map((v) => ({ Type: 'volume', Source: v.name, Target: v.target }));
  return [...mounts, ...files, ...carried];
}

function toMount(m: Mount, input: ContainerInput): Json {
  const base = { Type: m.type, Target: m.target, ReadOnly: m.readOnly ? true : undefined };
  if (m.type === 'volume') {
    const source = m.source === undefined ? undefined : (input.volumes[m.source] ?? m.source);
    return present({ ...base, Source: source, VolumeOptions: present({ NoCopy: m.noCopy ? true : undefined, Subpath: m.subpath }) });
  }
  if (m.type === 'tmpfs') return present({ ...base, TmpfsOptions: present({ SizeBytes: m.tmpfsSizeBytes, Mode: m.tmpfsMode }) });
  return present({ ...base, Source: m.source, BindOptions: present({ Propagation: m.propagation }) });
}

function volumesFrom(text: string, input: ContainerInput): string {
  if (text.startsWith('container:')) return text.slice('container:'.length);
  const [service = '', ...access] = text.split(':');
  return [input.containerOf(service), ...access].join(':');
}

function link(text: string, input: ContainerInput): string {
  const [service = '', alias = service] = text.split(':');
  return `${input.containerOf(service)}:${alias}`;
}
