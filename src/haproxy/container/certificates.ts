import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BerthError } from '../../errors/index.ts';
import type { Certificates } from '../../ports/index.ts';
import type { TlsFile } from '../config/certificates.ts';
import { tlsDirectory } from './certificate-scripts.ts';
import { ensureDirectory, isThere, replaceFile, syncDirectory } from './run-directory.ts';

export type CertificateFilesDeps = {
  /** The run directory of the edge. */
  readonly directory: string;
  /** Where the bytes of certificates come from. */
  readonly certificates: Pick<Certificates, 'read'> | undefined;
};

/**
 * The certificates that HAProxy reads, with their keys: files that only the server and the container's root can read. A
 * name says what is in a file, so none is ever changed: what the boot file names stays until another boot file is there.
 */
export class CertificateFiles {
  readonly #path: string;
  readonly #certificates: Pick<Certificates, 'read'> | undefined;

  constructor({ directory, certificates }: CertificateFilesDeps) {
    this.#path = join(directory, tlsDirectory);
    this.#certificates = certificates;
  }

  /** Writes what is not there yet. */
  async write(files: readonly TlsFile[]): Promise<void> {
    if (files.length > 0) await ensureDirectory(this.#path, { mode: 0o700 });
    for (const file of files) {
      const path = join(this.#path, file.name);
      if (await isThere(path)) continue;
      await replaceFile(path, 'text' in file ? file.text : await this.#pemOf(file.certificate), 0o600);
    }
  }

  read(name: string): Promise<string> {
    return readFile(join(this.#path, name), 'utf8');
  }

  /** Takes away what a wanted state does not name. HAProxy has read all it needs, and a start takes from beside the boot file. */
  async prune(files: readonly TlsFile[]): Promise<void> {
    await prune(this.#path, new Set(files.map((f) => f.name)));
  }

  /** Puts what the boot file will name beside it, durably. */
  async copyTo(bootDirectory: string): Promise<void> {
    const to = join(bootDirectory, tlsDirectory);
    const [own, there] = await Promise.all([namesIn(this.#path), namesIn(to)]);
    const missing = own.filter((name) => !there.includes(name));
    if (missing.length === 0) return;
    await ensureDirectory(to, { mode: 0o700 });
    for (const name of missing) await replaceFile(join(to, name), await this.read(name), 0o600);
    await syncDirectory(to);
  }

  /** Takes away what the boot file does not name any more. */
  async pruneCopy(bootDirectory: string): Promise<void> {
    await prune(join(bootDirectory, tlsDirectory), new Set(await namesIn(this.#path)));
  }

  /** Takes all away. */
  clear(): Promise<void> {
    return rm(this.#path, { recursive: true, force: true });
  }

  async #pemOf(id: string): Promise<string> {
    const held = await this.#certificates?.read(id);
    if (held === undefined) throw new BerthError('EDGE_FAILED', `Could not configure the edge: the certificate ${id} is not there.`);
    return held.pem;
  }
}

async function namesIn(path: string): Promise<string[]> {
  return (await isThere(path)) ? readdir(path) : [];
}

async function prune(path: string, keep: ReadonlySet<string>): Promise<void> {
  const gone = (await namesIn(path)).filter((name) => !keep.has(name));
  await Promise.all(gone.map((name) => rm(join(path, name), { force: true })));
}
