import { BerthError } from '../../src/errors/index.ts';
import { sha256 } from '../../src/kit/index.ts';
import {
  filesFingerprint,
  type AcmeThumbprint,
  type CertificateTrouble,
  type CertificateWish,
  type HeldCertificate,
} from '../../src/model/index.ts';
import type { CertificatePair, Certificates, Clock } from '../../src/ports/index.ts';

const dayMs = 86_400_000;

/** Certificates in memory, which are valid for 90 days. Orders go to `onOrder`, which may fail. */
export class FakeCertificates implements Certificates {
  readonly held = new Map<string, HeldCertificate>();
  readonly pairs = new Set<string>();
  readonly orders: { readonly id: string; readonly atMs: number }[] = [];
  onOrder: (wish: CertificateWish) => void | Promise<void> = () => undefined;
  /** What `pairProblem` says, of every pair or of those with this certificate. */
  problem: string | undefined;
  readonly problems = new Map<string, string>();
  readonly #clock: Pick<Clock, 'now'>;
  readonly #accounts = new Map<string, number>();
  readonly #closed = new Set<string>();
  readonly #opened = new Map<string, string>();
  #made = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  read: Certificates['read'] = (id) => {
    const held = this.held.get(id);
    return Promise.resolve(held === undefined ? undefined : { pem: `pem of ${held.fingerprint}`, fingerprint: held.fingerprint });
  };
  list = (): readonly HeldCertificate[] => [...this.held.values()];
  get = (id: string): HeldCertificate | undefined => this.held.get(id);

  keepPair = ({ cert, key }: CertificatePair): Promise<void> => Promise.resolve(void this.pairs.add(`${sha256(cert)}-${sha256(key)}`));
  pairProblem: Certificates['pairProblem'] = ({ certSha256 }) => Promise.resolve(this.problem ?? this.problems.get(certSha256));

  useFiles = (wish: CertificateWish): Promise<HeldCertificate> => {
    const { source } = wish;
    if (source.kind !== 'files' || !this.pairs.has(`${source.certSha256}-${source.keySha256}`))
      return Promise.reject(new BerthError('CERTIFICATE_INVALID', 'The files of the certificate are not kept any more.'));
    return Promise.resolve(this.#put(wish, { placeholder: false, fingerprint: filesFingerprint(source) }));
  };

  issueOwn = (wish: CertificateWish): Promise<HeldCertificate> => {
    const trouble = wish.source.kind === 'acme' ? this.held.get(wish.id)?.trouble : undefined;
    return Promise.resolve(this.#put(wish, { placeholder: wish.source.kind === 'acme', ...(trouble === undefined ? {} : { trouble }) }));
  };

  order = async (wish: CertificateWish): Promise<HeldCertificate> => {
    this.orders.push({ id: wish.id, atMs: this.#clock.now() });
    try {
      await this.onOrder(wish);
    } catch (thrown) {
      if (thrown instanceof BerthError && thrown.details['accountClosed'] === true) this.#closed.add(directoryOf(wish));
      throw thrown;
    }
    return this.#put(wish, { placeholder: false });
  };

  standIn = (wish: CertificateWish, id: string): Promise<HeldCertificate> => {
    const { fingerprint, issuer, notBeforeMs, notAfterMs } = this.held.get(id) ?? fail(id);
    return Promise.resolve(this.#put(wish, { placeholder: true, fingerprint, issuer, notBeforeMs, notAfterMs }));
  };

  openAccount = (wish: CertificateWish): Promise<void> => {
    const directory = directoryOf(wish);
    if (this.#closed.delete(directory)) this.#accounts.set(directory, (this.#accounts.get(directory) ?? 0) + 1);
    for (const host of wish.hosts) this.#opened.set(host, directory);
    return Promise.resolve();
  };

  noteTrouble = (id: string, trouble: CertificateTrouble): Promise<void> => {
    const held = this.held.get(id);
    if (held !== undefined) this.held.set(id, { ...held, trouble });
    return Promise.resolve();
  };

  remove = (id: string): Promise<void> => Promise.resolve(void this.held.delete(id));
  prunePairs = (): Promise<void> => Promise.resolve();

  thumbprints = (): readonly AcmeThumbprint[] => {
    const held = this.list().flatMap(({ hosts, directory }) =>
      directory === undefined ? [] : hosts.map((host) => [host, directory] as const),
    );
    const byDirectory = Map.groupBy(new Map([...held, ...this.#opened]), ([, directory]) => directory);
    return [...byDirectory].map(([directory, hosts]) => ({
      hosts: hosts.map(([host]) => host),
      thumbprint: `${directory}#${this.#accounts.get(directory) ?? 0}`,
    }));
  };

  authority: Certificates['authority'] = () =>
    Promise.resolve({ pem: 'pem of the authority', fingerprint: 'AA:BB', notAfterMs: 20 * 365 * dayMs });

  #put(wish: CertificateWish, rest: Pick<HeldCertificate, 'placeholder'> & Partial<HeldCertificate>): HeldCertificate {
    const { id, hosts, machine, source } = wish;
    const now = this.#clock.now();
    const held: HeldCertificate = {
      id,
      hosts,
      machine,
      kind: source.kind,
      directory: source.kind === 'acme' ? source.directory : undefined,
      fingerprint: `${id}#${++this.#made}`,
      issuer: source.kind === 'acme' && !rest.placeholder ? 'Test CA' : 'berth on m1',
      notBeforeMs: now,
      notAfterMs: now + 90 * dayMs,
      ...rest,
    };
    this.held.set(id, held);
    return held;
  }
}

function directoryOf({ source }: CertificateWish): string {
  return source.kind === 'acme' ? source.directory : '';
}

function fail(id: string): never {
  throw new BerthError('INTERNAL', `${id} is not held.`);
}
