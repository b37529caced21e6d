import * as z from 'zod';
import { endpoint } from './endpoint.ts';
import { secretApi } from './secrets.ts';
import {
  appStatusSchema,
  certificateStatusSchema,
  deploymentSchema,
  eventRecordSchema,
  logRecordSchema,
  planSchema,
  releaseSummarySchema,
  rolloutRequestSchema,
  rolloutSchema,
  trafficReportSchema,
  serverStatusSchema,
  engineAddressSchema,
  upgradeReportSchema,
} from './schemas.ts';

const none = z.strictObject({});
const app = z.strictObject({ app: z.string() });
/** Query values arrive as text. */
const flag = z.stringbool().optional();
const count = z.coerce.number().int().min(0).optional();

/** Counts up when a request or reply changes so that an older client or server would misread it. */
export const protocolVersion = 1;

/** berth's whole API, over the Unix socket. */
export const api = {
  status: endpoint({
    method: 'GET',
    path: '/v1/server',
    summary: 'What this server is and does',
    params: none,
    body: z.undefined(),
    reply: serverStatusSchema,
    mode: 'json',
  }),
  stopServer: endpoint({
    method: 'POST',
    path: '/v1/server/stop',
    summary: 'Stops the server between two steps; what it was doing resumes with the next one',
    params: none,
    body: none,
    reply: none,
    mode: 'json',
  }),
  plan: endpoint({
    method: 'POST',
    path: '/v1/plan',
    summary: 'The plan of a rollout, without running it',
    params: none,
    body: z.strictObject({ engine: engineAddressSchema, request: rolloutRequestSchema }),
    reply: planSchema,
    mode: 'json',
  }),
  startRollout: endpoint({
    method: 'POST',
    path: '/v1/rollouts',
    summary: 'Starts a rollout; the same requestId again answers the same rollout',
    params: none,
    body: z.strictObject({ requestId: z.string(), engine: engineAddressSchema, request: rolloutRequestSchema }),
    reply: rolloutSchema,
    mode: 'json',
  }),
  getRollout: endpoint({
    method: 'GET',
    path: '/v1/rollouts/:id',
    summary: 'One rollout',
    params: z.strictObject({ id: z.string() }),
    body: z.undefined(),
    reply: rolloutSchema,
    mode: 'json',
  }),
  followRollout: endpoint({
    method: 'GET',
    path: '/v1/rollouts/:id/events',
    summary: 'The events of a rollout from the beginning (or after a number), to its end',
    params: z.strictObject({ id: z.string(), after: count }),
    body: z.undefined(),
    reply: eventRecordSchema,
    mode: 'events',
  }),
  cancelRollout: endpoint({
    method: 'POST',
    path: '/v1/rollouts/:id/cancel',
    summary: 'Finishes the running steps and goes back',
    params: z.strictObject({ id: z.string() }),
    body: none,
    reply: rolloutSchema,
    mode: 'json',
  }),
  events: endpoint({
    method: 'GET',
    path: '/v1/events',
    summary: 'What happened (and, with follow, happens) in every rollout',
    params: z.strictObject({ app: z.string().optional(), after: count, last: count, follow: flag }),
    body: z.undefined(),
    reply: eventRecordSchema,
    mode: 'events',
  }),
  listApps: endpoint({
    method: 'GET',
    path: '/v1/apps',
    summary: 'Every app of this installation',
    params: none,
    body: z.undefined(),
    reply: z.array(appStatusSchema),
    mode: 'json',
  }),
  getApp: endpoint({
    method: 'GET',
    path: '/v1/apps/:app',
    summary: 'One app: its services and instances as they are now',
    params: app,
    body: z.undefined(),
    reply: appStatusSchema,
    mode: 'json',
  }),
  maintenance: endpoint({
    method: 'POST',
    path: '/v1/apps/:app/maintenance',
    summary: 'Lets the edge answer 503 for services (none named: all that are reached from outside), or no longer; all that are so now',
    params: app,
    body: z.strictObject({ services: z.array(z.string()).default([]), on: z.boolean(), page: z.string().optional() }),
    reply: z.strictObject({ services: z.array(z.string()) }),
    mode: 'json',
  }),
  traffic: endpoint({
    method: 'GET',
    path: '/v1/apps/:app/traffic',
    summary: 'Requests, errors, latencies and bytes of an app in the last seconds, from the access logs of its proxies',
    params: z.strictObject({
      app: z.string(),
      service: z.string().optional(),
      spanMs: z.coerce.number().int().min(1000).max(10_800_000).default(60_000),
    }),
    body: z.undefined(),
    reply: trafficReportSchema,
    mode: 'json',
  }),
  listReleases: endpoint({
    method: 'GET',
    path: '/v1/apps/:app/releases',
    summary: 'The releases of an app, newest first',
    params: app,
    body: z.undefined(),
    reply: z.array(releaseSummarySchema),
    mode: 'json',
  }),
  listVolumes: endpoint({
    method: 'GET',
    path: '/v1/apps/:app/volumes',
    summary: 'The volumes that `down --volumes` would remove',
    params: app,
    body: z.undefined(),
    reply: z.array(z.string()),
    mode: 'json',
  }),
  logs: endpoint({
    method: 'GET',
    path: '/v1/apps/:app/logs',
    summary: 'Log lines of the instances, merged by time; with follow also of instances that come later',
    params: z.strictObject({ app: z.string(), services: z.string().optional(), follow: flag, tail: count, sinceMs: count }),
    body: z.undefined(),
    reply: logRecordSchema,
    mode: 'events',
  }),
  listCertificates: endpoint({
    method: 'GET',
    path: '/v1/certificates',
    summary: 'The certificates that apps need, as they are held',
    params: none,
    body: z.undefined(),
    reply: z.array(certificateStatusSchema),
    mode: 'json',
  }),
  authority: endpoint({
    method: 'GET',
    path: '/v1/certificates/authority',
    summary: "The certificate (PEM) of berth's own authority, which clients trust",
    params: none,
    body: z.undefined(),
    reply: z.strictObject({ pem: z.string(), fingerprint: z.string(), notAfterMs: z.number() }),
    mode: 'json',
  }),
  renewCertificates: endpoint({
    method: 'POST',
    path: '/v1/certificates/renew',
    summary: 'Renews certificates now: those for the named hosts, or all that renew themselves',
    params: none,
    body: z.strictObject({ hosts: z.array(z.string()) }),
    reply: z.array(certificateStatusSchema),
    mode: 'json',
  }),
  ...secretApi,
  upgrade: endpoint({
    method: 'POST',
    path: '/v1/upgrade',
    summary: 'Replaces every proxy that runs in another image than this berth would start; with check only says which',
    params: none,
    body: z.strictObject({ check: z.boolean() }),
    reply: upgradeReportSchema,
    mode: 'json',
  }),
  uninstall: endpoint({
    method: 'POST',
    path: '/v1/uninstall',
    summary: 'Forgets this installation; with purge also removes every app, the edge and their networks',
    params: none,
    body: z.strictObject({ purge: z.boolean(), volumes: z.boolean() }),
    reply: z.strictObject({ removed: z.array(z.string()), kept: z.array(z.string()) }),
    mode: 'json',
  }),
} as const;

/** The type of the whole API. */
export type Api = typeof api;

/**
 * Interactive sessions are not JSON: `POST /v1/apps/:app/exec` and `/v1/apps/:app/run` with `Upgrade: berth` turn the
 * connection into frames `{ type: u8, length: u32be, payload }` both ways. The client's first frame is `request`, the
 * JSON of `sessionRequestSchema`; the last of the server is `exit` or `error`.
 */
export const sessionRequestSchema = z.strictObject({
  service: z.string(),
  instance: z.string().optional(),
  command: z.array(z.string()),
  tty: z.boolean(),
  stdin: z.boolean(),
  user: z.string().optional(),
  workingDir: z.string().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  rows: z.int().optional(),
  columns: z.int().optional(),
  /** `run` only: the project as loaded now; without it the current release is used. */
  deployment: deploymentSchema.optional(),
  /** `run` only: the engine for an app that may not have been deployed yet. */
  engine: engineAddressSchema.optional(),
});
export type SessionRequest = z.infer<typeof sessionRequestSchema>;

/** Frame types of a session: 0-2 carry bytes, 3 nothing, the others JSON: `{rows, columns}`, `{exitCode}`, BerthErrorData, SessionRequest. */
export const sessionFrames = { stdin: 0, stdout: 1, stderr: 2, stdinEnd: 3, resize: 4, exit: 5, error: 6, request: 7 } as const;
