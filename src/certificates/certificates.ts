import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import { sha256 } from '../kit/index.ts';
import {
  filesFingerprint,
  type AcmeThumbprint,
  type CertificateTrouble,
  type CertificateWish,
  type HeldCertificate,
} from '../model/index.ts';
import type { CertificatePair, Certificates, Clock } from '../ports/index.ts';
import { readCertificates, readPair, validityProblem } from '../spec/index.ts';
import { thumbprintOf } from './acme/jws.ts';
import { Authority } from './authority.ts';
import { HeldFiles, type HeldFile, type Note } from './held-files.ts';
import { readText, writePrivate } from './private-file.ts';
import { certificateRequest, keyPem, newKey } from './x509.ts';

/** What the certificates of an installation are made on. */
type CertificatesInput = {
  /** `keys/` of the home. */
  readonly directory: string;
  readonly clock: Clock;
  /** The machine's own name, and all under which it is reached. */
  readonly machine: { readonly name: string; readonly names: () => readonly string[] };
};

type Acme = Extract<CertificateWish['source'], { kind: 'acme' }>;

/** Opens the certificates of an installation. */
export function createCertificates(input: CertificatesInput): Certificates {
  return new FileCertificates(input);
}

class FileCertificates implements Certificates {
  readonly #input: CertificatesInput;
  readonly #files: HeldFiles;
  readonly #authority: Authority;
  /** The account that was opened last for a host. */
  readonly #opened = new Map<string, string>();

  constructor(input: CertificatesInput) {
    this.#input = input;
    this.#files = new HeldFiles(join(input.directory, 'certificates'));
    this.#authority = new Authority({ directory: input.directory, clock: input.clock, machine: input.machine.name });
  }

  read(id: string): Promise<{ readonly pem: string; readonly fingerprint: string } | undefined> {
    const file = this.#files.read(id);
    return Promise.resolve(file === undefined ? undefined : { pem: file.pem, fingerprint: file.note.fingerprint });
  }

  list(): readonly HeldCertificate[] {
    return this.#files.list();
  }

  get(id: string): HeldCertificate | undefined {
    return this.#files.get(id);
  }

  async keepPair(pair: CertificatePair): Promise<void> {
    const result = readPair(pair);
    if ('problem' in result) {
      const { problem } = result;
      const what = problem.in === 'cert' ? 'The certificate' : 'The key of the certificate';
      throw new BerthError('CERTIFICATE_INVALID', `${what} ${problem.message}.`, problem.hint === undefined ? {} : { hint: problem.hint });
    }
    const path = this.#pairPath(sha256(pair.cert), sha256(pair.key));
    if (readText(path) === undefined) writePrivate(path, result.pair.pem);
  }

  pairProblem(source: Extract<CertificateWish['source'], { kind: 'files' }>): Promise<string | undefined> {
    const found = readCertificates(readText(this.#pairPath(source.certSha256, source.keySha256)) ?? '');
    return Promise.resolve(typeof found === 'string' ? 'its files are not kept any more' : validityProblem(found, this.#input.clock.now()));
  }

  useFiles(wish: CertificateWish): Promise<HeldCertificate> {
    if (wish.source.kind !== 'files') throw new BerthError('INTERNAL', `${wish.id} is not made of files.`);
    const { certSha256, keySha256 } = wish.source;
    const pem = readText(this.#pairPath(certSha256, keySha256));
    if (pem === undefined) {
      throw new BerthError('CERTIFICATE_INVALID', `The files of the certificate for ${wish.hosts.join(', ')} are not kept any more.`, {
        hint: 'Run `berth up` where they are.',
      });
    }
    const note = { ...noteOf(wish), placeholder: false, fingerprint: filesFingerprint(wish.source) };
    return Promise.resolve(this.#files.write(wish.id, { note, pem }));
  }

  issueOwn(wish: CertificateWish): Promise<HeldCertificate> {
    const { source } = wish;
    const names = [...wish.hosts, ...(wish.machine ? this.#input.machine.names() : [])];
    const pem = this.#authority.issue([...new Set(names)]);
    const before = this.#files.get(wish.id);
    const isPlaceholder = source.kind !== 'internal';
    const trouble = isPlaceholder && before?.trouble !== undefined ? { trouble: before.trouble } : {};
    const account = source.kind === 'acme' ? { account: accountId(source) } : {};
    if (source.kind === 'acme') this.#accountKey(source);
    return Promise.resolve(
      this.#files.write(wish.id, {
        note: { ...noteOf(wish), ...account, ...trouble, placeholder: isPlaceholder, fingerprint: sha256(pem) },
        pem,
      }),
    );
  }

  standIn(wish: CertificateWish, id: string): Promise<HeldCertificate> {
    const { source } = wish;
    const file = this.#files.read(id);
    if (file === undefined || source.kind !== 'acme') throw new BerthError('INTERNAL', `${id} cannot stand in for ${wish.id}.`);
    this.#accountKey(source);
    const note = { ...noteOf(wish), account: accountId(source), placeholder: true, fingerprint: sha256(file.pem) };
    return Promise.resolve(this.#files.write(wish.id, { note, pem: file.pem }));
  }

  async order(wish: CertificateWish, signal: AbortSignal): Promise<HeldCertificate> {
    const { source, hosts } = wish;
    if (source.kind !== 'acme') throw new BerthError('INTERNAL', `${wish.id} is of no ACME server.`);
    const { orderCertificate } = await import('./acme/client.ts');
    const key = newKey();
    const accountKey = this.#accountKey(source);
    const { directory, directoryCa, email } = source;
    const asked = { directory, directoryCa, email, accountKey, hosts, request: certificateRequest(hosts, key) };
    const chain = await orderCertificate(this.#input.clock, asked, signal).catch((thrown: unknown) => {
      // The next try is made with a new account, whose challenges the edge has to be told of first.
      if (thrown instanceof BerthError && thrown.details['accountClosed'] === true) rmSync(this.#accountPath(source), { force: true });
      throw thrown;
    });
    const result = readPair({ cert: Buffer.from(chain), key: Buffer.from(keyPem(key)) });
    if ('problem' in result)
      throw new BerthError(
        'CERTIFICATE_FAILED',
        `The ACME server's certificate for ${hosts.join(', ')} cannot be used: it ${result.problem.message}.`,
      );
    const { pem } = result.pair;
    return this.#files.write(wish.id, {
      note: { ...noteOf(wish), account: accountId(source), placeholder: false, fingerprint: sha256(pem) },
      pem,
    });
  }

  openAccount({ source, hosts }: CertificateWish): Promise<void> {
    if (source.kind !== 'acme') return Promise.resolve();
    this.#accountKey(source);
    for (const host of hosts) this.#opened.set(host, accountId(source));
    return Promise.resolve();
  }

  noteTrouble(id: string, trouble: CertificateTrouble): Promise<void> {
    const file: HeldFile | undefined = this.#files.read(id);
    if (file !== undefined) this.#files.write(id, { ...file, note: { ...file.note, trouble } });
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this.#files.remove(id);
    return Promise.resolve();
  }

  prunePairs(keep: ReadonlySet<string>, olderThanMs: number): Promise<void> {
    const directory = this.#pairDirectory;
    for (const name of namesIn(directory)) {
      const isOld = statSync(join(directory, name)).mtimeMs < olderThanMs;
      if (isOld && !keep.has(name.replace(/\.pem$/, ''))) rmSync(join(directory, name), { force: true });
    }
    return Promise.resolve();
  }

  thumbprints(): readonly AcmeThumbprint[] {
    // A challenge does not say whose it is. Where none was opened since the server started, the youngest certificate's account
    // asked last; one that only stands in has the age of what it stands in with.
    const byAge = this.#files.list().toSorted((a, b) => a.notBeforeMs - b.notBeforeMs || Number(a.placeholder) - Number(b.placeholder));
    const asked = byAge.flatMap(({ account, hosts }) => (account === undefined ? [] : hosts.map((host) => [host, account] as const)));
    const byHost = [...new Map([...asked, ...this.#opened])].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const byAccount = Map.groupBy(byHost, ([, account]) => account);
    return [...byAccount].flatMap(([account, hosts]) => {
      const pem = readText(join(this.#accountDirectory, `${account}.pem`));
      return pem === undefined ? [] : [{ hosts: hosts.map(([host]) => host), thumbprint: thumbprintOf(createPrivateKey(pem)) }];
    });
  }

  authority(): Promise<{ readonly pem: string; readonly fingerprint: string; readonly notAfterMs: number }> {
    const certificate: X509Certificate = this.#authority.get();
    return Promise.resolve({
      pem: certificate.toString(),
      fingerprint: certificate.fingerprint256,
      notAfterMs: certificate.validToDate.getTime(),
    });
  }

  /** The key of an account, made at its first use; whoever holds it is the account. */
  #accountKey(source: Acme): KeyObject {
    const path = this.#accountPath(source);
    const known = readText(path);
    if (known !== undefined) return createPrivateKey(known);
    const key = newKey();
    writePrivate(path, keyPem(key));
    return key;
  }

  #accountPath(source: Acme): string {
    return join(this.#accountDirectory, `${accountId(source)}.pem`);
  }

  get #accountDirectory(): string {
    return join(this.#input.directory, 'accounts');
  }

  get #pairDirectory(): string {
    return join(this.#input.directory, 'pairs');
  }

  #pairPath(certSha256: string, keySha256: string): string {
    return join(this.#pairDirectory, `${certSha256}-${keySha256}.pem`);
  }
}

function accountId({ directory, email }: Acme): string {
  return sha256(`${directory} ${email ?? ''}`).slice(0, 24);
}

function noteOf(wish: CertificateWish): Omit<Note, 'placeholder' | 'fingerprint'> {
  const { hosts, machine, source } = wish;
  return { hosts: [...hosts], machine, kind: source.kind, ...(source.kind === 'acme' ? { directory: source.directory } : {}) };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // Made with the first pair.
  }
}
