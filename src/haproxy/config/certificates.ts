import { isIP } from 'node:net';
import { sha256, stableJson } from '../../kit/index.ts';
import type { Listener, ListenerCertificate, ListenerTls, ProxyConfig } from '../../model/index.ts';
import { addressWord, fileWord, hostWord, portWord } from './words.ts';

/** Where HAProxy reads certificates, lists of them and authorities. A file there is named after its content and never changes. */
export const tlsMount = '/run/berth/tls';
/** The variable of the HAProxy process that says which certificates it has. */
export const tlsVariable = 'proc.berth_tls';

/** A file of that directory: text as it is, or the certificate of an id. */
export type TlsFile = { readonly name: string; readonly text: string } | { readonly name: string; readonly certificate: string };

/** A certificate's file and the names that it is for; none: those that it says itself. */
export type CertificateEntry = { readonly file: string; readonly names: readonly string[] };

/** The certificates of one listener, as a list that HAProxy knows by its file. */
export type CertificateList = {
  /** What its own file and its default's are called, up to the hash of what is in them. */
  readonly key: string;
  readonly file: string;
  /** For who asks for no name that another entry has. */
  readonly fallback: string;
  readonly entries: readonly CertificateEntry[];
};

/** All that a change of certificates changes, without a reload. */
export type TlsState = { readonly lists: readonly CertificateList[]; readonly files: readonly TlsFile[]; readonly hash: string };

/** The lists of a wanted state, and what the TLS directory must hold for it. */
export function tlsState(config: Pick<ProxyConfig, 'listeners'>): TlsState {
  const secure = config.listeners.flatMap((l) => (l.tls === undefined ? [] : [{ listener: l, tls: l.tls }]));
  const lists = secure.flatMap(({ listener }) => certificateList(listener) ?? []);
  const files: TlsFile[] = [
    ...lists.map((list) => ({ name: list.file, text: listText(list) })),
    ...secure.flatMap(({ listener, tls }) => certificateFiles(listener, tls)),
    ...secure.flatMap(({ tls }) => (tls.clientCa === undefined ? [] : [{ name: authorityFile(tls.clientCa), text: tls.clientCa }])),
  ];
  return { lists, files: [...new Map(files.map((f) => [f.name, f])).values()], hash: short(stableJson(lists)) };
}

/** A listener as it stays whatever certificates it has. */
export function withoutCertificates(listener: Listener): Listener {
  const { tls } = listener;
  if (tls === undefined || tls.certificates.length === 0) return listener;
  return { ...listener, tls: { ...tls, certificates: [{ id: 'any', fingerprint: '', hosts: [] }] } };
}

/** The list of a listener; undefined where it has no TLS, or no certificate yet. */
export function certificateList(listener: Listener): CertificateList | undefined {
  const certificates = byPreference(listener.tls?.certificates ?? []);
  const [first] = certificates;
  if (first === undefined) return undefined;
  const key = listKey(listener);
  const entries = entriesOf(certificates);
  const fallback = defaultFile(listener, first);
  return { key, file: `${key}.${short(stableJson([fallback, entries]))}.list`, fallback, entries };
}

/** What only stands in comes last. */
function byPreference(certificates: readonly ListenerCertificate[]): ListenerCertificate[] {
  return certificates.toSorted((a, b) => Number(a.placeholder ?? false) - Number(b.placeholder ?? false));
}

/**
 * Each name belongs to one entry: of two with the same name HAProxy shows the one that it got to know first, and what is
 * added as it runs comes last. One without names is for every name that it says itself.
 */
function entriesOf(certificates: readonly ListenerCertificate[]): CertificateEntry[] {
  const taken = new Set<string>();
  return certificates.flatMap((c) => {
    const names = namesOf(c);
    const own = names.filter((name) => !taken.has(name));
    for (const name of own) taken.add(name);
    return names.length > 0 && own.length === 0 ? [] : [{ file: certificateFile(c), names: own }];
  });
}

/** A line of a list, the same in the file and on the command line. */
export function entryText({ file, names }: CertificateEntry): string {
  return [`${tlsMount}/${file}`, ...names].join(' ');
}

/** The file with the authorities of client certificates. */
export function authorityFile(pem: string): string {
  return `ca.${short(pem)}.pem`;
}

function listText({ fallback, entries }: CertificateList): string {
  return [{ file: fallback, names: ['*'] }, ...entries].map((e) => `${entryText(e)}\n`).join('');
}

function listKey({ address, port }: Listener): string {
  return `in_${portWord(port)}_${address === '' ? 'any' : addressWord(address).replaceAll(':', '_')}`;
}

function certificateFiles(listener: Listener, { certificates }: ListenerTls): TlsFile[] {
  const [first] = byPreference(certificates);
  const own = certificates.map((c) => ({ name: certificateFile(c), certificate: c.id }));
  return first === undefined ? own : [{ name: defaultFile(listener, first), certificate: first.id }, ...own];
}

/** HAProxy never lets go of the first certificate of a list: so that is a copy, whose bytes are changed where it lies. */
function defaultFile(listener: Listener, first: ListenerCertificate): string {
  return `${listKey(listener)}.default.${short(first.fingerprint)}.pem`;
}

function certificateFile({ id, fingerprint }: ListenerCertificate): string {
  return `${fileWord(id)}.${short(fingerprint)}.pem`;
}

/** Nobody asks for an address by name (RFC 6066, 3). */
function namesOf({ hosts }: ListenerCertificate): string[] {
  const names = hosts.filter((host) => isIP(host) === 0);
  return names.map((host) => (host.startsWith('*.') ? `*.${hostWord(host)}` : hostWord(host))).toSorted();
}

function short(value: string): string {
  return sha256(value).slice(0, 16);
}
