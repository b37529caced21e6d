import * as z from 'zod';

const entrySchema = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

/** What berth reads of Docker's `config.json`. */
export const configSchema = z.looseObject({
  auths: z.record(z.string(), entrySchema).nullish(),
  credsStore: z.string().nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
});

/** What a credential helper prints. */
export const answerSchema = z.looseObject({ Username: z.string(), Secret: z.string() });

export type Config = z.infer<typeof configSchema>;
export type Entry = z.infer<typeof entrySchema>;
