import { Buffer } from 'node:buffer';
import { BerthError } from '../../src/errors/index.ts';
import type { SecretSource } from '../../src/model/index.ts';
import type { Sealer, SecretProvider } from '../../src/ports/index.ts';

/** Seals by marking and reversing: quick, and never the plain text. Its keys can be lost. */
export class FakeSealer implements Sealer {
  keys: number[] = [];
  #made = 0;

  seal(value: Uint8Array, { needed }: { readonly needed: boolean }): Promise<string> {
    if (this.keys.length === 0 && needed) return Promise.reject(new BerthError('SECRET_KEY_LOST', 'The key is not there.'));
    if (this.keys.length === 0) this.keys = [++this.#made];
    return Promise.resolve(`sealed:${this.keys[0] ?? 0}:${Buffer.from(value).reverse().toString('hex')}`);
  }

  open(sealed: string): Promise<Uint8Array> {
    const [, key, hex = ''] = sealed.split(':');
    if (!this.keys.includes(Number(key))) return Promise.reject(new BerthError('SECRET_KEY_LOST', 'The key is not there.'));
    return Promise.resolve(Buffer.from(hex, 'hex').reverse());
  }

  addKey(): Promise<void> {
    this.keys = [++this.#made, ...this.keys];
    return Promise.resolve();
  }

  dropOldKeys(): Promise<void> {
    this.keys = this.keys.slice(0, 1);
    return Promise.resolve();
  }
}

/** Values from elsewhere, by the JSON of their source; it can be away. */
export class FakeSecretProvider implements SecretProvider {
  readonly values = new Map<string, string>();
  away = false;

  put(source: SecretSource, value: string): void {
    this.values.set(JSON.stringify(source), value);
  }

  read(source: SecretSource): Promise<Uint8Array | undefined> {
    if (this.away) return Promise.reject(new BerthError('SECRET_UNAVAILABLE', 'Could not reach Vault.'));
    const value = this.values.get(JSON.stringify(source));
    return Promise.resolve(value === undefined ? undefined : Buffer.from(value));
  }
}
