import * as z from 'zod';
import { containerSettingsSchema } from './container-settings.ts';
import { routeSchema, tlsSchema } from './route.ts';
import { secretFileSchema, secretSourceSchema, secretTextSchema, vaultSchema } from './secret.ts';

/** Names of services, networks, volumes: what the Compose Specification allows. */
const name = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/);
const ms = z.int().min(0);
const port = z.int().min(1).max(65535);

/** How a service's image is built from source. Paths are absolute. */
export const buildSchema = z.strictObject({
  context: z.string(),
  /** Absolute path of the Dockerfile; absent when `generated` or `inline` is there. */
  dockerfile: z.string().optional(),
  inline: z.string().optional(),
  /** What `stack` wrote for a source tree without a Dockerfile. */
  generated: z
    .strictObject({ stack: z.string(), dockerfile: z.string(), dockerignore: z.string(), bases: z.record(z.string(), z.string()) })
    .optional(),
  args: z.record(z.string(), z.string()).default({}),
  target: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  tags: z.array(z.string()).default([]),
  network: z.string().optional(),
  noCache: z.boolean().default(false),
  pull: z.boolean().default(false),
  shmSizeBytes: z.int().optional(),
  platform: z.string().optional(),
  extraHosts: z.array(z.string()).default([]),
  /** What build steps may mount: a file, or one of `Project.secrets`. */
  secrets: z
    .array(z.union([z.strictObject({ id: z.string(), file: z.string() }), z.strictObject({ id: z.string(), secret: z.string() })]))
    .default([]),
  /** Hash of the context after `.dockerignore`, Dockerfile, arguments and target, made where the files are read. */
  hash: z.string(),
});

/** How readiness of an instance is asked. `within` is the time an instance has from its start to pass. */
export const probeSchema = z.strictObject({
  check: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('http'), path: z.string().startsWith('/'), host: z.string().optional() }),
    z.strictObject({ kind: z.literal('tcp') }),
    /** The container's own health check, as the engine reports it. */
    z.strictObject({ kind: z.literal('health') }),
    /** No port and no health check: it stays up for `monitorMs`. */
    z.strictObject({ kind: z.literal('uptime') }),
    /** Found from outside: /up, /healthz, /health, /, then TCP; then pinned. */
    z.strictObject({ kind: z.literal('find') }),
  ]),
  intervalMs: ms.default(1000),
  timeoutMs: ms.default(2000),
  successes: z.int().min(1).default(2),
  withinMs: ms.default(60_000),
});

/** The settings of a rollout after all sources were merged (`x-berth.rollout` over `deploy.update_config`). */
export const rolloutSettingsSchema = z.strictObject({
  strategy: z.enum(['rolling']).default('rolling'),
  /** How many instances are replaced at a time; 0 is all at once. */
  parallelism: z.int().min(0).default(1),
  /** How many fewer than the wanted number may be ready meanwhile. */
  unavailable: z.int().min(0).default(0),
  /** Written in the file; absent lets the plan choose. */
  order: z.enum(['start-first', 'stop-first']).optional(),
  delayMs: ms.default(0),
  drainMs: ms.default(30_000),
  /** How long upgraded (WebSocket) and TCP connections may last after the drain began. */
  longDrainMs: ms.default(30_000),
  watchMs: ms.default(15_000),
  monitorMs: ms.default(5000),
  failureAction: z.enum(['rollback', 'pause', 'continue']).default('rollback'),
});

/** One published port. `published` absent means a port the engine chooses, which berth assigns once and keeps. */
export const publishedPortSchema = z.strictObject({
  target: port,
  published: port.optional(),
  hostIp: z.string().optional(),
  protocol: z.enum(['tcp', 'udp']).default('tcp'),
});

/** One mount of a service, Compose's long form. `source` of a bind is absolute; of a volume, the key under `volumes`. */
export const mountSchema = z.strictObject({
  type: z.enum(['bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image']),
  source: z.string().optional(),
  target: z.string(),
  readOnly: z.boolean().default(false),
  createHostPath: z.boolean().default(true),
  propagation: z.string().optional(),
  selinux: z.enum(['z', 'Z']).optional(),
  noCopy: z.boolean().default(false),
  subpath: z.string().optional(),
  tmpfsSizeBytes: z.int().optional(),
  tmpfsMode: z.int().optional(),
  /** Mounts below a bind: `enabled`, `disabled`, `writable`, `readonly`. */
  recursive: z.enum(['enabled', 'disabled', 'writable', 'readonly']).optional(),
  consistency: z.string().optional(),
  /** Labels of a volume that the mount makes. */
  volumeLabels: z.record(z.string(), z.string()).optional(),
});

/** A service on one network; `network` is the key under the top-level `networks`. */
export const attachmentSchema = z.strictObject({
  network: z.string(),
  aliases: z.array(z.string()).default([]),
  ipv4Address: z.string().optional(),
  ipv6Address: z.string().optional(),
  linkLocalIps: z.array(z.string()).default([]),
  macAddress: z.string().optional(),
  driverOpts: z.record(z.string(), z.string()).default({}),
  priority: z.int().default(0),
  /** The highest gives the default route. */
  gatewayPriority: z.int().optional(),
});

/** A file given to instances: a secret or a config. Its bytes travel beside the project, under their SHA-256. */
export const fileGrantSchema = z.strictObject({
  kind: z.enum(['secret', 'config']),
  source: z.string(),
  target: z.string().startsWith('/'),
  uid: z.int().optional(),
  gid: z.int().optional(),
  mode: z.int().default(0o444),
  sha256: z.string(),
});

/** Compose `depends_on`, long form. */
export const dependencySchema = z.strictObject({
  service: z.string(),
  condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']).default('service_started'),
  required: z.boolean().default(true),
  restart: z.boolean().default(false),
});

/** Compose `healthcheck`; `test` in the engine's form (`CMD`, `CMD-SHELL` or `NONE` first). */
export const healthcheckSchema = z.strictObject({
  test: z.array(z.string()).optional(),
  intervalMs: ms.optional(),
  timeoutMs: ms.optional(),
  startPeriodMs: ms.optional(),
  startIntervalMs: ms.optional(),
  retries: z.int().optional(),
});

/** One service after loading: every short form resolved, every duration in milliseconds, every size in bytes. */
export const serviceSchema = z.strictObject({
  name,
  image: z.string().optional(),
  build: buildSchema.optional(),
  pullPolicy: z.enum(['missing', 'always', 'never', 'build']).default('missing'),
  replicas: z.int().min(0).default(1),
  /** The port that the application listens on (`x-berth.port`). */
  port: port.optional(),
  protocol: z.enum(['http', 'tcp']).optional(),
  /** With http: the instances speak HTTP/2 without TLS (h2c), as gRPC servers do. */
  h2: z.boolean().optional(),
  ports: z.array(publishedPortSchema).default([]),
  expose: z.array(port).default([]),
  routes: z.array(routeSchema).default([]),
  tls: tlsSchema.optional(),
  /** The cookie that keeps a client at its instance. */
  sticky: z.strictObject({ cookie: z.string() }).optional(),
  /** PROXY protocol: demanded of clients, sent to instances. */
  acceptProxy: z.boolean().optional(),
  sendProxy: z.enum(['v1', 'v2']).optional(),
  /** Addresses (CIDR) whose `X-Forwarded-*` are believed. */
  trustedProxies: z.array(z.string()).optional(),
  /** The page (HTML) that is shown while maintenance is on; berth's own when absent. */
  maintenancePage: z.string().optional(),
  /** How other services reach it: through a front, or straight to the instances' addresses; absent lets the plan choose. */
  internal: z.enum(['front', 'dns']).optional(),
  /** Runs once per release, before any instance changes. */
  release: z.array(z.string()).optional(),
  /** `x-berth.probe`; absent lets health be found (Compose healthcheck, image HEALTHCHECK, from outside). */
  probe: probeSchema.optional(),
  /** Interval, timeout, successes and time of a probe whose check was not written. */
  probeTiming: probeSchema.omit({ check: true }).partial().default({}),
  rollout: rolloutSettingsSchema,
  /** Compose `deploy.rollback_config`: how going back to an earlier release moves; absent means as `rollout` says. */
  rollback: rolloutSettingsSchema.optional(),
  /** Compose `deploy.labels`: of the service itself, never of its containers. */
  serviceLabels: z.record(z.string(), z.string()).optional(),
  healthcheck: healthcheckSchema.optional(),
  dependsOn: z.array(dependencySchema).default([]),
  mounts: z.array(mountSchema).default([]),
  networks: z.array(attachmentSchema).default([]),
  /** `host`, `none`, `service:NAME`, `container:NAME`; absent means `networks`. */
  networkMode: z.string().optional(),
  files: z.array(fileGrantSchema).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  /** Variables with secrets in them, and files whose bytes are secrets: filled in when a container is made. */
  secretEnvironment: z.record(z.string(), secretTextSchema).optional(),
  secretFiles: z.array(secretFileSchema).optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  containerName: z.string().optional(),
  stopSignal: z.string().optional(),
  stopGraceMs: ms.default(10_000),
  /** All that the engine alone acts on. */
  container: containerSettingsSchema,
});

/** A top-level network. `name` is the engine's; an external one must exist. */
export const networkSchema = z.strictObject({
  key: z.string(),
  name: z.string(),
  external: z.boolean().default(false),
  driver: z.string().optional(),
  driverOpts: z.record(z.string(), z.string()).default({}),
  internal: z.boolean().default(false),
  attachable: z.boolean().default(false),
  enableIpv6: z.boolean().default(false),
  enableIpv4: z.boolean().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  /** Written by the user; otherwise berth chooses a free /24. */
  ipam: z
    .strictObject({
      driver: z.string().optional(),
      config: z.array(
        z.strictObject({
          subnet: z.string().optional(),
          gateway: z.string().optional(),
          ipRange: z.string().optional(),
          auxAddresses: z.record(z.string(), z.string()).default({}),
        }),
      ),
      options: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
});

/** A top-level volume. `name` is the engine's; an external one must exist. */
export const volumeSchema = z.strictObject({
  key: z.string(),
  name: z.string(),
  external: z.boolean().default(false),
  driver: z.string().optional(),
  driverOpts: z.record(z.string(), z.string()).default({}),
  labels: z.record(z.string(), z.string()).default({}),
});

/** The resolved project: what the CLI sends to the server and what a release keeps. */
export const projectSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  /** Absolute directory that the app was loaded from. */
  directory: z.string(),
  /** The chosen environment (`-e`, `BERTH_ENV`), if any. */
  environment: z.string().optional(),
  services: z.array(serviceSchema),
  networks: z.array(networkSchema),
  volumes: z.array(volumeSchema),
  /** Where the secrets that services use come from, by the name that they are used by; absent when there are none. */
  secrets: z.record(z.string(), secretSourceSchema).optional(),
  vault: vaultSchema.optional(),
  /** `services.web.ports.0` to `compose.yaml:7:9`: where a value came from, for errors found later. */
  places: z.record(z.string(), z.string()).default({}),
});

export type Build = z.infer<typeof buildSchema>;
export type Probe = z.infer<typeof probeSchema>;
export type RolloutSettings = z.infer<typeof rolloutSettingsSchema>;
export type PublishedPort = z.infer<typeof publishedPortSchema>;
export type Mount = z.infer<typeof mountSchema>;
export type Attachment = z.infer<typeof attachmentSchema>;
export type FileGrant = z.infer<typeof fileGrantSchema>;
export type Dependency = z.infer<typeof dependencySchema>;
export type Healthcheck = z.infer<typeof healthcheckSchema>;
export type Service = z.infer<typeof serviceSchema>;
export type Network = z.infer<typeof networkSchema>;
export type Volume = z.infer<typeof volumeSchema>;
export type Project = z.infer<typeof projectSchema>;
