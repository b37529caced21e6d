import * as z from 'zod';
import { projectSchema, rolloutKinds, rolloutStates, type EventRecord, type Plan } from '../model/index.ts';

/** The engine that a request is for, as the CLI found it (`DOCKER_HOST`, the context, the usual sockets). */
export const engineAddressSchema = z.strictObject({ socket: z.string() });

export const registryAuthSchema = z.strictObject({
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  serveraddress: z.string().optional(),
});

/** The user's surroundings that a build may use (`ports/builder.ts` says what each is). */
export const buildEnvironmentSchema = z.strictObject({
  proxy: z.record(z.string(), z.string()),
  certificateFiles: z.array(z.string()),
  npmrc: z.string().optional(),
  pipConf: z.string().optional(),
  bases: z.enum(['registry', 'distro', 'auto']),
  tool: z.record(z.string(), z.string()),
});

/** An application as the CLI loaded it, with all that the server needs to deploy it. */
export const deploymentSchema = z.strictObject({
  project: projectSchema,
  /** Bytes of secrets and configs, base64, by SHA-256. */
  files: z.record(z.string(), z.string()),
  /** Registry host to credentials, only for the images of this project. */
  registryAuths: z.record(z.string(), registryAuthSchema),
  /** Values of the variables that secrets, and the credentials for Vault, are taken from. */
  secretVariables: z.record(z.string(), z.string()).optional(),
  /** Absent when nothing is built: collecting it costs more than all else of a deploy that changes nothing. */
  buildEnvironment: buildEnvironmentSchema.optional(),
  /** True when `-p` named the project, so that another directory may own it. */
  named: z.boolean(),
});

/** What can be asked of an app. Each becomes a rollout: planned, journalled, followed by its events. */
export const rolloutRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('up'),
    deployment: deploymentSchema,
    services: z.array(z.string()).default([]),
    build: z.enum(['auto', 'always', 'never']).default('auto'),
  }),
  z.strictObject({ kind: z.literal('rollback'), app: z.string(), to: z.int().optional() }),
  z.strictObject({ kind: z.literal('scale'), app: z.string(), replicas: z.record(z.string(), z.int().min(0)) }),
  z.strictObject({ kind: z.literal('restart'), app: z.string(), services: z.array(z.string()).default([]) }),
  z.strictObject({ kind: z.literal('stop'), app: z.string(), services: z.array(z.string()).default([]) }),
  z.strictObject({ kind: z.literal('start'), app: z.string(), services: z.array(z.string()).default([]) }),
  z.strictObject({ kind: z.literal('pull'), deployment: deploymentSchema, services: z.array(z.string()).default([]) }),
  z.strictObject({
    kind: z.literal('build'),
    deployment: deploymentSchema,
    services: z.array(z.string()).default([]),
    noCache: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal('down'), app: z.string(), volumes: z.boolean().default(false) }),
]);

const trafficCounts = {
  requests: z.int(),
  perSecond: z.number(),
  responses4xx: z.int(),
  responses5xx: z.int(),
  /** From the request's arrival to the response's beginning; absent where nothing was answered in the span. */
  p50Ms: z.number().optional(),
  p95Ms: z.number().optional(),
  p99Ms: z.number().optional(),
  /** At this moment. Absent for a route: proxies count them by instance. */
  inFlight: z.int().optional(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  retries: z.int(),
};
const release = z.int().optional();

/** What the traffic of an app did in a span of time, by service, and within it by release, instance and route. */
export const trafficReportSchema = z.strictObject({
  app: z.string(),
  release,
  fromMs: z.number(),
  toMs: z.number(),
  services: z.array(
    z.strictObject({
      name: z.string(),
      ...trafficCounts,
      releases: z.array(z.strictObject({ release, ...trafficCounts })),
      instances: z.array(z.strictObject({ name: z.string(), release, ...trafficCounts })),
      routes: z.array(z.strictObject({ route: z.string(), ...trafficCounts })),
    }),
  ),
  /** When requests were served that are in no count: nobody counted, lines were lost, or a HAProxy ended unheard. */
  gaps: z.array(
    z.strictObject({ kind: z.enum(['unseen', 'lost', 'reload']), fromMs: z.number(), toMs: z.number(), lines: z.int().optional() }),
  ),
});
export type TrafficReport = z.infer<typeof trafficReportSchema>;

/** Checked where they are made (`model/rollout.ts`); the wire carries them as they are. */
export const eventRecordSchema = z.custom<EventRecord>((v) => typeof v === 'object' && v !== null && 'seq' in v && 'event' in v);
export const planSchema = z.custom<Plan>((v) => typeof v === 'object' && v !== null && 'steps' in v);

export const rolloutSchema = z.strictObject({
  id: z.string(),
  app: z.string(),
  kind: z.enum(rolloutKinds),
  state: z.enum(rolloutStates),
  fromRelease: z.int().optional(),
  toRelease: z.int().optional(),
  createdAtMs: z.number(),
  endedAtMs: z.number().optional(),
  error: z.unknown().optional(),
  resumes: z.int(),
});

export const instanceStatusSchema = z.strictObject({
  name: z.string(),
  id: z.string(),
  release: z.int(),
  state: z.string(),
  /** `healthy`, `unhealthy`, `starting`, `stopped`, `failed`; as the edge and the engine see it now. */
  health: z.string(),
  address: z.string().optional(),
  /** How much of the traffic it may get; absent when the edge does not serve it. */
  weight: z.int().optional(),
  restarts: z.int(),
  exit: z.string().optional(),
  startedAtMs: z.number().optional(),
});

/** How other services reach a service by its name: `front` with where it is and what it carries, `dns`, or `none`. */
export const internalStatusSchema = z.strictObject({
  kind: z.enum(['front', 'dns', 'none']),
  why: z.string(),
  /** What the engine says of the front's container; `missing` without one. */
  state: z.string().optional(),
  addresses: z.array(z.string()).default([]),
  ports: z.array(z.strictObject({ port: z.int(), mode: z.enum(['http', 'tcp']) })).default([]),
});

export const certificateStatusSchema = z.strictObject({
  id: z.string(),
  /** Host names; empty where it is for the machine's own names and addresses. */
  hosts: z.array(z.string()),
  /** `files`, `internal` (berth's own authority) or `acme`. */
  kind: z.enum(['files', 'internal', 'acme']),
  directory: z.string().optional(),
  /** `valid`, `placeholder` (stands in until the ordered one is there), `expired` or `missing`. */
  state: z.enum(['valid', 'placeholder', 'expired', 'missing']),
  issuer: z.string().optional(),
  notAfterMs: z.number().optional(),
  /** When berth renews it; the user's own files are the user's to renew. */
  renewAtMs: z.number().optional(),
  /** What people should know: it ends soon, it could not be renewed. */
  warning: z.string().optional(),
  /** `app/service` of those that use it. */
  usedBy: z.array(z.string()),
});

export const jobStatusSchema = z.strictObject({
  /** Of its container. */
  name: z.string(),
  release: z.int(),
  state: z.string(),
  /** Absent while it runs. */
  exitCode: z.int().optional(),
});

export const serviceStatusSchema = z.strictObject({
  name: z.string(),
  release: z.int(),
  image: z.string(),
  wanted: z.int(),
  ready: z.int(),
  urls: z.array(z.string()),
  probe: z.string(),
  internal: internalStatusSchema.optional(),
  certificate: certificateStatusSchema.optional(),
  stopped: z.boolean(),
  /** Everybody outside is answered 503 by the edge (`berth maintenance`). */
  maintenance: z.boolean().optional(),
  instances: z.array(instanceStatusSchema),
  /** The last run of a service that is a job. */
  job: jobStatusSchema.optional(),
});

export const appStatusSchema = z.strictObject({
  app: z.string(),
  release: z.int().optional(),
  directory: z.string(),
  rollout: rolloutSchema.optional(),
  services: z.array(serviceStatusSchema),
});

export const releaseSummarySchema = z.strictObject({
  number: z.int(),
  state: z.string(),
  createdAtMs: z.number(),
  origin: z.string(),
  images: z.record(z.string(), z.strictObject({ id: z.string(), source: z.string() })),
  /** Whether all its images are still there to go back to. */
  available: z.boolean(),
});

export const serverStatusSchema = z.strictObject({
  pid: z.int(),
  version: z.string(),
  protocol: z.int(),
  home: z.string(),
  installation: z.string(),
  /** Absent before the first deploy; without a version when it does not answer. */
  engine: z
    .strictObject({ socket: z.string(), name: z.string(), version: z.string(), apiVersion: z.string() })
    .or(z.strictObject({ unreachable: z.string() }))
    .optional(),
  startedAtMs: z.number(),
  uptimeMs: z.number(),
  apps: z.array(z.string()),
  activeRollouts: z.int(),
});

/** One proxy: what its container runs, and what a new one would be started from. */
export const proxyStatusSchema = z.strictObject({
  proxy: z.enum(['edge', 'front']),
  app: z.string().optional(),
  service: z.string().optional(),
  haproxy: z.string(),
  image: z.string(),
  /** Absent: the engine has no image of that name; upgrading makes it. */
  wantedImage: z.string().optional(),
  current: z.boolean(),
  /** Whether it has the configuration that this berth writes; otherwise a reload has it read that. */
  configured: z.boolean(),
  /** Containers that were replaced before and still finish what they have. */
  finishing: z.int(),
  /** How many connections of the one before outlived their time in this upgrade and were closed. */
  closed: z.int(),
  /** Why a container of the wanted image could not take its place; this one serves on. */
  refused: z.string().optional(),
});
export const upgradeReportSchema = z.strictObject({
  proxies: z.array(proxyStatusSchema),
  /** What kept HAProxy's image from being made anew; proxies run in the one that is there. */
  problem: z.string().optional(),
});

export const logRecordSchema = z.strictObject({
  service: z.string(),
  instance: z.string(),
  release: z.int(),
  stream: z.enum(['stdout', 'stderr']),
  atMs: z.number(),
  text: z.string(),
});

export type Deployment = z.infer<typeof deploymentSchema>;
export type RolloutRequest = z.infer<typeof rolloutRequestSchema>;
export type AppStatus = z.infer<typeof appStatusSchema>;
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;
export type JobStatus = z.infer<typeof jobStatusSchema>;
export type InternalStatus = z.infer<typeof internalStatusSchema>;
export type InstanceStatus = z.infer<typeof instanceStatusSchema>;
export type CertificateStatus = z.infer<typeof certificateStatusSchema>;
export type ReleaseSummary = z.infer<typeof releaseSummarySchema>;
export type ProxyStatus = z.infer<typeof proxyStatusSchema>;
export type UpgradeReport = z.infer<typeof upgradeReportSchema>;
export type ServerStatus = z.infer<typeof serverStatusSchema>;
export type LogRecord = z.infer<typeof logRecordSchema>;
