import { X509Certificate } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { HeldCertificate } from '../model/index.ts';
import { readText, writePrivate } from './private-file.ts';

/** What the first line of a certificate's file says of it; all else is read from the certificate itself. */
const noteSchema = z.object({
  hosts: z.array(z.string()),
  machine: z.boolean(),
  kind: z.enum(['files', 'internal', 'acme']),
  directory: z.string().optional(),
  /** The ACME account whose challenges the edge answers. */
  account: z.string().optional(),
  placeholder: z.boolean(),
  fingerprint: z.string(),
  trouble: z.object({ failures: z.int(), message: z.string(), nextTryAtMs: z.number() }).optional(),
});
export type Note = z.infer<typeof noteSchema>;

/** A certificate in its file: what it is for, and chain and key (PEM). */
export type HeldFile = { readonly note: Note; readonly pem: string };

/** The certificates that are held, a file each that carries everything about it: `# note`, then chain and key. */
export class HeldFiles {
  readonly #directory: string;
  readonly #held = new Map<string, HeldCertificate & { readonly account?: string | undefined }>();

  constructor(directory: string) {
    this.#directory = directory;
    for (const id of this.#ids()) {
      const file = this.read(id);
      if (file !== undefined) this.#held.set(id, toHeld(id, file));
    }
  }

  list(): readonly (HeldCertificate & { readonly account?: string | undefined })[] {
    return [...this.#held.values()];
  }

  get(id: string): (HeldCertificate & { readonly account?: string | undefined }) | undefined {
    return this.#held.get(id);
  }

  /** A file that cannot be read counts as none: what it held is made or got again. */
  read(id: string): HeldFile | undefined {
    const text = readText(this.#path(id)) ?? '';
    const end = text.indexOf('\n');
    if (!text.startsWith('# ') || end === -1) return undefined;
    try {
      const pem = text.slice(end + 1);
      const file = { note: noteSchema.parse(JSON.parse(text.slice(2, end))), pem };
      toHeld(id, file);
      return file;
    } catch {
      return undefined;
    }
  }

  write(id: string, file: HeldFile): HeldCertificate {
    const held = toHeld(id, file);
    writePrivate(this.#path(id), `# ${JSON.stringify(file.note)}\n${file.pem}`);
    this.#held.set(id, held);
    return held;
  }

  remove(id: string): void {
    rmSync(this.#path(id), { force: true });
    this.#held.delete(id);
  }

  #path(id: string): string {
    return join(this.#directory, `${id}.pem`);
  }

  #ids(): string[] {
    try {
      return readdirSync(this.#directory).flatMap((name) => (name.endsWith('.pem') ? [name.slice(0, -4)] : []));
    } catch {
      return []; // The first certificate makes the directory.
    }
  }
}

function toHeld(id: string, { note, pem }: HeldFile): HeldCertificate & { readonly account?: string | undefined } {
  const leaf = new X509Certificate(pem);
  return {
    id,
    ...note,
    issuer: /^(?:CN|O)=(.+)$/m.exec(leaf.issuer.split('\n').toReversed().join('\n'))?.[1] ?? leaf.issuer,
    notBeforeMs: leaf.validFromDate.getTime(),
    notAfterMs: leaf.validToDate.getTime(),
  };
}
