import type { ContainerSettings, Service } from '../../model/index.ts';
import type { ContainerInput } from './input.ts';
import { toBinds, toMounts } from './mounts.ts';
import { present, type Json } from './present.ts';

/** `service:NAME` becomes the container of that service; every other mode is the engine's own. */
function mode(text: string | undefined, input: ContainerInput): string | undefined {
  return text?.startsWith('service:') === true ? `container:${input.containerOf(text.slice('service:'.length))}` : text;
}

/** Docker's word for "hide no system path", which its command line turns into two fields of the API. */
const openPaths = 'systempaths=unconfined';

/** The HostConfig of `POST /containers/create` (Engine API 1.41). */
export function toHostConfig(input: ContainerInput): Json {
  const { service } = input;
  const c = service.container;
  // Empty lists open these paths; absent ones leave the engine's own.
  const open = c.securityOpt.includes(openPaths) ? { MaskedPaths: [], ReadonlyPaths: [] } : {};
  const written = present({
    NetworkMode: mode(service.networkMode, input) ?? input.networks[0]?.name ?? 'none',
    RestartPolicy: input.once ? { Name: 'no' } : restartPolicy(c.restart),
    LogConfig: logConfig(service),
    Mounts: toMounts(input),
    Binds: toBinds(input),
    Tmpfs: c.tmpfs,
    PortBindings: input.once ? {} : udpBindings(service),
    Init: c.init,
    ReadonlyRootfs: c.readOnly ? true : undefined,
    Privileged: c.privileged ? true : undefined,
    CapAdd: c.capAdd,
    CapDrop: c.capDrop,
    SecurityOpt: c.securityOpt.filter((o) => o !== openPaths),
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
    VolumesFrom: c.volumesFrom,
    Devices: c.devices
      .filter((d) => !isCdi(d.source))
      .map((d) => ({ PathOnHost: d.source, PathInContainer: d.target, CgroupPermissions: d.permissions })),
    DeviceCgroupRules: c.deviceCgroupRules,
    DeviceRequests: deviceRequests(c),
    Annotations: c.annotations,
    ...toLimits(service),
  });
  return { ...written, ...open };
}

/** A CDI device is named `vendor/class=name`; everything else is a path. */
function isCdi(source: string): boolean {
  return /^[a-zA-Z][\w.-]*\/[a-zA-Z][\w-]*=[\w.:-]+$/.test(source);
}

function deviceRequests(c: ContainerSettings): Json[] {
  const cdi = c.devices.filter((d) => isCdi(d.source)).map((d) => d.source);
  const written = c.deviceRequests.map((d) =>
    present({
      Driver: d.driver,
      Count: d.count,
      DeviceIDs: d.deviceIds,
      Capabilities: d.capabilities.length === 0 ? undefined : [d.capabilities],
      Options: d.options,
    }),
  );
  return cdi.length === 0 ? written : [...written, { Driver: 'cdi', DeviceIDs: cdi }];
}

function toLimits(service: Service): Json {
  const c = service.container;
  const throttle = (list: readonly { path: string; rate: number }[] | undefined): Json[] | undefined =>
    list?.map((t) => ({ Path: t.path, Rate: t.rate }));
  return {
    Ulimits: Object.entries(c.ulimits).map(([Name, l]) => ({ Name, Soft: l.soft, Hard: l.hard })),
    NanoCpus: c.nanoCpus,
    CpuCount: c.cpuCount,
    CpuPercent: c.cpuPercent,
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
  return { Type: logging.driver ?? '', Config: logging.options };
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
