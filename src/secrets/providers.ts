import { readFile } from 'node:fs/promises';
import { Buffer } from 'node:buffer';
import { BerthError } from '../errors/index.ts';
import type { ReadHow, SecretProvider } from '../ports/index.ts';

/** Files of the machine, variables of who runs berth, and HashiCorp Vault (version 2 of its KV engine). */
export function createSecretProvider(): SecretProvider {
  return {
    async read(source, how, signal) {
      switch (source.kind) {
        case 'file':
          return readSecretFile(source.path);
        case 'environment':
          return fromVariable(source.variable, how);
        case 'vault': {
          // Loads `node:https`, which most servers need for nothing else.
          const { readVault } = await import('./vault/vault.ts');
          return readVault(source, how, signal);
        }
        case 'store':
          throw new BerthError('INTERNAL', `The secret ${source.name} is in the store, which is not asked here.`);
      }
    },
  };
}

async function readSecretFile(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return undefined;
    throw new BerthError('SECRET_UNAVAILABLE', `Could not read the file ${path}: ${code}.`, {
      hint: 'The berth server must be able to read it: it runs as the user that started it.',
      cause: error,
    });
  }
}

function fromVariable(name: string, { variables }: ReadHow): Uint8Array | undefined {
  const value = variables[name];
  return value === undefined || value === '' ? undefined : Buffer.from(value);
}
