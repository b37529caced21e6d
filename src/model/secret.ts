import * as z from 'zod';

/** What secrets are called: the names that Compose allows for keys. */
export const secretNameSchema = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/);

/** Where a credential for another secret manager comes from: a file of the machine, or a variable of who runs berth. */
const credentialSchema = z.union([z.strictObject({ file: z.string() }), z.strictObject({ variable: z.string() })]);

/** How to speak to HashiCorp Vault (`x-berth.vault`). */
export const vaultSchema = z.strictObject({
  address: z.string(),
  namespace: z.string().optional(),
  /** Where the KV engine (version 2) is mounted. */
  mount: z.string(),
  /** Path of the certificates (PEM) of who signed Vault's own; absent means those that the machine trusts. */
  caFile: z.string().optional(),
  timeoutMs: z.int().min(1),
  login: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('token'), token: credentialSchema }),
    z.strictObject({ kind: z.literal('appRole'), mount: z.string(), roleId: z.string(), secretId: credentialSchema }),
  ]),
});

/** Where the value of a secret comes from. */
export const secretSourceSchema = z.discriminatedUnion('kind', [
  /** The store of this installation (`berth secret set`). */
  z.strictObject({ kind: z.literal('store'), name: secretNameSchema }),
  z.strictObject({ kind: z.literal('file'), path: z.string() }),
  z.strictObject({ kind: z.literal('environment'), variable: z.string() }),
  z.strictObject({ kind: z.literal('vault'), path: z.string(), field: z.string(), version: z.int().min(1).optional() }),
]);

/** A file that instances mount and whose bytes are those of a secret. */
export const secretFileSchema = z.strictObject({
  secret: z.string(),
  target: z.string().startsWith('/'),
  uid: z.int().optional(),
  gid: z.int().optional(),
  mode: z.int().default(0o444),
});

/** The value of a variable: text, and secrets in it. */
export const secretTextSchema = z.array(z.union([z.string(), z.strictObject({ secret: z.string() })]));

/** The version of a secret that a release uses. `id` is that of the stored value and is never given twice. */
export type SecretPin = { readonly id: number; readonly version: number };

export type VaultSettings = z.infer<typeof vaultSchema>;
export type VaultCredential = z.infer<typeof credentialSchema>;
export type SecretSource = z.infer<typeof secretSourceSchema>;
export type SecretFile = z.infer<typeof secretFileSchema>;
export type SecretText = z.infer<typeof secretTextSchema>;
