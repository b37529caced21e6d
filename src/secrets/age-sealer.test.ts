import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSealer } from './index.ts';

let directory = '';
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'sealer-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const keyFile = (): string => join(directory, 'keys', 'secrets.key');
const value = new TextEncoder().encode('the value itself');
const seal = (): Promise<string> => createSealer({ keyFile: keyFile() }).seal(value, { needed: false });
const open = async (sealed: string): Promise<string> => new TextDecoder().decode(await createSealer({ keyFile: keyFile() }).open(sealed));

describe('sealing', () => {
  it('makes the key with the first value, for its owner only, and opens what any process sealed with it', async () => {
    expect(existsSync(keyFile())).toBe(false);
    const sealed = [await seal(), await seal()];
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    expect(sealed[0]).not.toBe(sealed[1]);
    for (const each of sealed) {
      expect(Buffer.from(each, 'base64').toString('latin1')).toMatch(/^age-encryption\.org\/v1\n/);
      expect(Buffer.from(each, 'base64').includes('the value itself')).toBe(false);
      expect(await open(each)).toBe('the value itself');
    }
  });

  it('changes the key so that a crash at any line leaves all values readable', async () => {
    const before = await seal();
    const sealer = createSealer({ keyFile: keyFile() });
    await sealer.addKey();
    expect(await open(before)).toBe('the value itself');
    const after = await seal();
    await sealer.dropOldKeys();
    expect(await open(after)).toBe('the value itself');
    await expect(open(before)).rejects.toMatchObject({ code: 'SECRET_KEY_LOST' });
    expect(readFileSync(keyFile(), 'utf8').match(/AGE-SECRET-KEY-/g)).toHaveLength(1);
  });

  it('never makes another key where values need the one that is lost', async () => {
    const sealed = await seal();
    rmSync(keyFile());
    await expect(createSealer({ keyFile: keyFile() }).seal(value, { needed: true })).rejects.toMatchObject({
      code: 'SECRET_KEY_LOST',
      hint: expect.stringContaining(`Put ${keyFile()} back from a backup.`),
    });
    await expect(open(sealed)).rejects.toMatchObject({ message: expect.stringContaining('is not there') });
    expect(existsSync(keyFile())).toBe(false);
    await seal();
    await expect(open(sealed)).rejects.toMatchObject({ message: expect.stringContaining('is not the key that they were encrypted with') });
  });

  it('refuses a key that others may read, and a value that was changed', async () => {
    const sealed = await seal();
    const bytes = Buffer.from(sealed, 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await expect(open(bytes.toString('base64'))).rejects.toMatchObject({ code: 'SECRET_KEY_LOST' });
    chmodSync(keyFile(), 0o644);
    await expect(open(sealed)).rejects.toMatchObject({ message: expect.stringContaining('may be read by other users') });
    rmSync(keyFile());
    writeFileSync(keyFile(), '# nothing\n', { mode: 0o600 });
    await expect(open(sealed)).rejects.toMatchObject({ message: expect.stringContaining('is not there') });
  });
});
