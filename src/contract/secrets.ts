import * as z from 'zod';
import { secretNameSchema } from '../model/index.ts';
import { endpoint } from './endpoint.ts';

const none = z.strictObject({});
/** Whom a secret is for: an app, or one environment of it; neither means every app. */
const scope = { app: z.string().optional(), environment: z.string().optional() };

/** One version of a secret. Its value is never in it. */
export const secretSummarySchema = z.strictObject({
  ...scope,
  name: z.string(),
  /** `store` for those that users set; else of where it is a copy. */
  source: z.enum(['store', 'file', 'environment', 'vault']),
  version: z.int(),
  createdAtMs: z.number(),
  usedBy: z.array(z.strictObject({ app: z.string(), release: z.int() })),
});
export type SecretSummary = z.infer<typeof secretSummarySchema>;

/** The endpoints of `berth secret`. Names and values are in bodies, so that no log of addresses has them. */
export const secretApi = {
  listSecrets: endpoint({
    method: 'GET',
    path: '/v1/secrets',
    summary: 'Every version of every secret (or of those that one app can use), without values',
    params: z.strictObject({ app: z.string().optional() }),
    body: z.undefined(),
    reply: z.array(secretSummarySchema),
    mode: 'json',
  }),
  setSecrets: endpoint({
    method: 'POST',
    path: '/v1/secrets',
    summary: 'Gives secrets a new version each (base64), all or none; with known, only those that are there already',
    params: none,
    body: z.strictObject({ ...scope, values: z.record(secretNameSchema, z.base64()), known: z.boolean().default(false) }),
    reply: z.array(z.strictObject({ name: z.string(), version: z.int(), changed: z.boolean() })),
    mode: 'json',
  }),
  getSecret: endpoint({
    method: 'POST',
    path: '/v1/secrets/get',
    summary: 'The value of a secret (base64). Only ever over the Unix socket',
    params: none,
    body: z.strictObject({ ...scope, name: z.string(), version: z.int().optional() }),
    reply: z.strictObject({ value: z.base64(), version: z.int() }),
    mode: 'json',
  }),
  removeSecret: endpoint({
    method: 'POST',
    path: '/v1/secrets/remove',
    summary: 'Removes every version of a secret that no serving release uses',
    params: none,
    body: z.strictObject({ ...scope, name: z.string() }),
    reply: z.strictObject({ versions: z.int() }),
    mode: 'json',
  }),
  rotateSecretKey: endpoint({
    method: 'POST',
    path: '/v1/secrets/rotate-key',
    summary: 'Makes a new key and encrypts every secret with it',
    params: none,
    body: none,
    reply: z.strictObject({ versions: z.int() }),
    mode: 'json',
  }),
} as const;
