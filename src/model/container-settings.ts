import * as z from 'zod';

const limits = z.strictObject({ soft: z.int(), hard: z.int() });
const throttle = z.array(z.strictObject({ path: z.string(), rate: z.int() }));

/** The keys of a Compose service that only the engine acts on, in one normal form (bytes, nanocpus, lists). */
export const containerSettingsSchema = z.strictObject({
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  user: z.string().optional(),
  workingDir: z.string().optional(),
  hostname: z.string().optional(),
  domainname: z.string().optional(),
  tty: z.boolean().default(false),
  stdinOpen: z.boolean().default(false),
  init: z.boolean().optional(),
  readOnly: z.boolean().default(false),
  privileged: z.boolean().default(false),
  capAdd: z.array(z.string()).default([]),
  capDrop: z.array(z.string()).default([]),
  securityOpt: z.array(z.string()).default([]),
  sysctls: z.record(z.string(), z.string()).default({}),
  ulimits: z.record(z.string(), limits).default({}),
  shmSizeBytes: z.int().optional(),
  devices: z.array(z.strictObject({ source: z.string(), target: z.string(), permissions: z.string() })).default([]),
  deviceCgroupRules: z.array(z.string()).default([]),
  /** CDI devices and device reservations (`deploy.resources.reservations.devices`). */
  deviceRequests: z
    .array(
      z.strictObject({
        driver: z.string().optional(),
        count: z.int().optional(),
        deviceIds: z.array(z.string()).default([]),
        capabilities: z.array(z.string()).default([]),
        options: z.record(z.string(), z.string()).default({}),
      }),
    )
    .default([]),
  dns: z.array(z.string()).default([]),
  dnsSearch: z.array(z.string()).default([]),
  dnsOpt: z.array(z.string()).default([]),
  extraHosts: z.array(z.string()).default([]),
  groupAdd: z.array(z.string()).default([]),
  ipc: z.string().optional(),
  pid: z.string().optional(),
  uts: z.string().optional(),
  cgroup: z.string().optional(),
  cgroupParent: z.string().optional(),
  usernsMode: z.string().optional(),
  runtime: z.string().optional(),
  platform: z.string().optional(),
  nanoCpus: z.int().optional(),
  cpuCount: z.int().optional(),
  cpuPercent: z.number().optional(),
  cpuShares: z.int().optional(),
  cpuPeriod: z.int().optional(),
  cpuQuota: z.int().optional(),
  cpuRtPeriod: z.int().optional(),
  cpuRtRuntime: z.int().optional(),
  cpuset: z.string().optional(),
  memoryBytes: z.int().optional(),
  memoryReservationBytes: z.int().optional(),
  memorySwapBytes: z.int().optional(),
  memorySwappiness: z.int().optional(),
  oomKillDisable: z.boolean().optional(),
  oomScoreAdj: z.int().optional(),
  pidsLimit: z.int().optional(),
  blkio: z
    .strictObject({
      weight: z.int().optional(),
      weightDevice: z.array(z.strictObject({ path: z.string(), weight: z.int() })).default([]),
      readBps: throttle.default([]),
      readIops: throttle.default([]),
      writeBps: throttle.default([]),
      writeIops: throttle.default([]),
    })
    .optional(),
  /** Directories in memory: path to mount options. */
  tmpfs: z.record(z.string(), z.string()).default({}),
  /** UDP ports of `expose`. */
  exposedUdp: z.array(z.int()).default([]),
  /** Mounts the engine's socket into the container. */
  useApiSocket: z.boolean().default(false),
  storageOpt: z.record(z.string(), z.string()).default({}),
  volumesFrom: z.array(z.string()).default([]),
  links: z.array(z.string()).default([]),
  externalLinks: z.array(z.string()).default([]),
  macAddress: z.string().optional(),
  logging: z.strictObject({ driver: z.string().optional(), options: z.record(z.string(), z.string()).default({}) }).optional(),
  /** `no`, `always`, `on-failure`, `on-failure:N`, `unless-stopped`; absent means unless-stopped. */
  restart: z.string().optional(),
  /** Commands run in the container after its start and before its stop. */
  postStart: z
    .array(
      z.strictObject({
        command: z.array(z.string()),
        user: z.string().optional(),
        privileged: z.boolean().default(false),
        workingDir: z.string().optional(),
        environment: z.record(z.string(), z.string()).default({}),
      }),
    )
    .default([]),
  preStop: z
    .array(
      z.strictObject({
        command: z.array(z.string()),
        user: z.string().optional(),
        privileged: z.boolean().default(false),
        workingDir: z.string().optional(),
        environment: z.record(z.string(), z.string()).default({}),
      }),
    )
    .default([]),
});

/** The keys of a Compose service that only the engine acts on. */
export type ContainerSettings = z.infer<typeof containerSettingsSchema>;
