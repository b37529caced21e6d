import { isIP } from 'node:net';
import { BerthError } from '../../errors/index.ts';

/**
 * Turns values into words of HAProxy's configuration and command line. Whatever comes from a user's file passes here:
 * a value that could be read as something else is refused, never repaired.
 */

/** A name of a backend or server; both grammars take it as it is. */
export function nameWord(name: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,200}$/.test(name)) throw refused('name', name);
  return name;
}

/** `10.0.0.1:80` or `[fd00::1]:80`. */
export function endpointWord(address: string, port: number): string {
  return isIP(address) === 6 ? `[${addressWord(address)}]:${portWord(port)}` : `${addressWord(address)}:${portWord(port)}`;
}

/** An IPv4 or IPv6 address as it is. */
export function addressWord(address: string): string {
  if (isIP(address) === 0 || address.includes('%')) throw refused('address', address);
  return address;
}

export function portWord(port: number): string {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw refused('port', String(port));
  return String(port);
}

export function weightWord(weight: number): string {
  if (!Number.isInteger(weight) || weight < 0 || weight > 256) throw refused('weight', String(weight));
  return String(weight);
}

/** The host of a rule without its `*.`, in lower case. */
export function hostWord(host: string): string {
  const word = host.toLowerCase().replace(/^\*\./, '').replace(/\.$/, '');
  if (!/^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$/.test(word)) throw refused('host', host);
  return word;
}

/** An id as a part of a file's name. */
export function fileWord(id: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,150}$/.test(id)) throw refused('certificate id', id);
  return id;
}

/** The thumbprint of an ACME account: base64url of a SHA-256 (RFC 7638). */
export function thumbprintWord(thumbprint: string): string {
  if (!/^[A-Za-z0-9_-]{43}$/.test(thumbprint)) throw refused('thumbprint of an ACME account', thumbprint);
  return thumbprint;
}

/** The Host of a check, which may have a port. */
export function hostHeaderWord(host: string): string {
  if (!/^[A-Za-z0-9_.[\]:-]{1,255}$/.test(host)) throw refused('host', host);
  return host;
}

/** A path in single quotes, within which nothing is special to HAProxy. */
export function pathWord(path: string): string {
  if (!/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,1023}$/.test(path)) throw refused('path', path);
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

function refused(what: string, value: string): BerthError {
  return new BerthError(
    'EDGE_FAILED',
    `Could not configure the edge: ${JSON.stringify(value.slice(0, 100))} is not a ${what} that it can take.`,
  );
}
