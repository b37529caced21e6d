import { Buffer } from 'node:buffer';
import { BerthError } from '../errors/index.ts';
import type { Sealer } from '../ports/index.ts';
import { readKeys, writeKeys } from './key-file.ts';

/**
 * Seals with age (X25519) for the newest key of a file and opens with any key of it. The library is loaded with the
 * first secret: a server without any does not carry it.
 */
export function createSealer({ keyFile }: { readonly keyFile: string }): Sealer {
  const lost = (what: string): BerthError =>
    new BerthError('SECRET_KEY_LOST', `The secrets of this installation cannot be read: ${what}.`, {
      hint: `Put ${keyFile} back from a backup. Without one, remove every secret (\`berth secret list\`, \`berth secret rm\`) and set them anew.`,
    });
  return {
    async seal(value, { needed }) {
      const { Encrypter, generateX25519Identity, identityToRecipient } = await import('age-encryption');
      let keys = readKeys(keyFile);
      if (keys === undefined || keys.length === 0) {
        if (needed) throw lost(`their key, ${keyFile}, is not there`);
        keys = [await generateX25519Identity()];
        writeKeys(keyFile, keys);
      }
      const encrypter = new Encrypter();
      encrypter.addRecipient(await identityToRecipient(keys[0] ?? ''));
      return Buffer.from(await encrypter.encrypt(value)).toString('base64');
    },
    async open(sealed) {
      const keys = readKeys(keyFile) ?? [];
      if (keys.length === 0) throw lost(`their key, ${keyFile}, is not there`);
      const { Decrypter } = await import('age-encryption');
      const decrypter = new Decrypter();
      for (const key of keys) decrypter.addIdentity(key);
      try {
        return await decrypter.decrypt(Buffer.from(sealed, 'base64'));
      } catch (error) {
        // What age throws has no code, and may only mean this: no key fits, or the bytes were changed.
        throw new BerthError('SECRET_KEY_LOST', lost(`${keyFile} is not the key that they were encrypted with`).message, {
          hint: `Put the key that belongs to this berth.db back from a backup.`,
          cause: error,
        });
      }
    },
    async addKey() {
      const { generateX25519Identity } = await import('age-encryption');
      writeKeys(keyFile, [await generateX25519Identity(), ...(readKeys(keyFile) ?? [])]);
    },
    dropOldKeys() {
      const [newest] = readKeys(keyFile) ?? [];
      if (newest !== undefined) writeKeys(keyFile, [newest]);
      return Promise.resolve();
    },
  };
}
