import type { SecretSource, VaultSettings } from '../model/index.ts';

/** Whom a secret is for: an app, or one environment of it; neither means every app of the installation. */
export type SecretScope = { readonly app?: string | undefined; readonly environment?: string | undefined };

/** A secret: `source` is `store` for those that users set, else the kind of where its copy was taken from. */
export type SecretKey = SecretScope & { readonly name: string; readonly source: SecretSource['kind'] };

/** One version of a secret, without its value. */
export type SecretVersion = SecretKey & { readonly id: number; readonly version: number; readonly createdAtMs: number };

/** One version as the store has it: encrypted. */
export type SealedSecret = SecretVersion & { readonly sealed: string };

/** Encrypts for this installation. The key is made with the first value, and lies outside of the database. */
export interface Sealer {
  /** Throws SECRET_KEY_LOST when there are values (`needed`) and no key. */
  seal(value: Uint8Array, options: { readonly needed: boolean }): Promise<string>;
  /** Throws SECRET_KEY_LOST when there is no key, or another one. */
  open(sealed: string): Promise<Uint8Array>;
  /** Makes a new key beside the old one; what was sealed before can still be opened until `dropOldKeys`. */
  addKey(): Promise<void>;
  dropOldKeys(): Promise<void>;
}

/** What a source needs besides itself. */
export type ReadHow = {
  readonly vault?: VaultSettings | undefined;
  /** Variables of who runs berth, of those that sources and credentials name. */
  readonly variables: Readonly<Record<string, string>>;
};

/** Values from outside of the store: files, variables, Vault. Absent is a value; what keeps it from answering is SECRET_UNAVAILABLE. */
export interface SecretProvider {
  read(source: SecretSource, how: ReadHow, signal: AbortSignal): Promise<Uint8Array | undefined>;
}
