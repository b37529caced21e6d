import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import type { ListenerCertificate } from '../../src/model/index.ts';

const run = promisify(execFile);

/** A certificate with its key, both PEM; `chain` are the authorities between it and the root. */
export type Pair = { readonly cert: string; readonly key: string; readonly chain: string; readonly isRoot: boolean };

type Subject = { readonly name: string; readonly hosts?: readonly string[]; readonly authority?: boolean; readonly key?: 'ec' | 'rsa' };

/** Makes a certificate that an authority signs; without one it signs itself. */
export async function makePair(subject: Subject, by?: Pair): Promise<Pair> {
  const directory = await mkdtemp(join(tmpdir(), 't-tls-'));
  const file = (name: string): string => join(directory, name);
  const names = (subject.hosts ?? []).map((host) => `DNS:${host}`).join(',');
  const extensions = [
    `basicConstraints=critical,CA:${subject.authority === true ? 'TRUE' : 'FALSE'}`,
    ...(names === '' ? [] : [`subjectAltName=${names}`]),
  ];
  const key = subject.key === 'rsa' ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  try {
    if (by !== undefined) await Promise.all([writeFile(file('by.crt'), by.cert), writeFile(file('by.key'), by.key)]);
    const signer = by === undefined ? [] : ['-CA', file('by.crt'), '-CAkey', file('by.key')];
    const added = extensions.flatMap((extension) => ['-addext', extension]);
    const out = ['-keyout', file('key'), '-out', file('crt')];
    await run('openssl', ['req', '-x509', '-nodes', '-days', '30', '-subj', `/CN=${subject.name}`, ...key, ...signer, ...added, ...out]);
    const chain = by === undefined || by.isRoot ? '' : `${by.cert}${by.chain}`;
    const [cert, privateKey] = await Promise.all([readFile(file('crt'), 'utf8'), readFile(file('key'), 'utf8')]);
    return { cert, key: privateKey, chain, isRoot: by === undefined };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Certificates in memory, as the edge asks for them. */
export class MemoryCertificates {
  readonly #held = new Map<string, { readonly pem: string; readonly fingerprint: string }>();

  /** Keeps a pair under an id, and answers what a listener says of it. */
  put(id: string, pair: Pair, hosts: readonly string[]): ListenerCertificate {
    const pem = `${pair.cert}${pair.chain}${pair.key}`;
    const fingerprint = createHash('sha256').update(pem).digest('hex');
    this.#held.set(id, { pem, fingerprint });
    return { id, fingerprint, hosts };
  }

  read(id: string): Promise<{ readonly pem: string; readonly fingerprint: string } | undefined> {
    return Promise.resolve(this.#held.get(id));
  }
}

/** One handshake; resolves with the connection, rejects as the other side refuses. */
export function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** The serial number of the certificate that a client of a name is shown, and its subject. */
export async function shown(port: number, servername?: string): Promise<{ readonly serial: string; readonly names: string }> {
  const socket = await handshake(port, servername === undefined ? {} : { servername });
  const certificate: DetailedPeerCertificate = socket.getPeerCertificate(true);
  socket.destroy();
  return { serial: certificate.serialNumber, names: certificate.subjectaltname ?? '' };
}
