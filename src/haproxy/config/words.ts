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

/** The host of a rule, with its `*.`. */
export const ruleHostWord = (host: string): string => `${host.startsWith('*.') ? '*.' : ''}${hostWord(host)}`;

/** The path of a rule as it is compared: decoded, every slash once, and none at its end. */
export function rulePath(path: string): string {
  pathWord(path);
  const decoded = decode(path);
  // Quotes and backslashes would end the text that HAProxy is given within a text.
  if (/["\\]|\p{Cc}/u.test(decoded)) throw refused('path', path);
  return decoded.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1');
}

/** A path prefix as it stands in a request, without a slash at its end. */
export function prefixWord(path: string): string {
  pathWord(path);
  return path.replace(/\/+$/, '');
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refused('path', path);
  }
}

/** The Host of a check, which may have a port. */
export function hostHeaderWord(host: string): string {
  if (!/^[A-Za-z0-9_.[\]:-]{1,255}$/.test(host)) throw refused('host', host);
  return host;
}

/** A path in single quotes, within which nothing is special to HAProxy. */
export function pathWord(path: string): string {
  if (!/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,1023}$/.test(path)) throw refused('path', path);
  return quoted(path);
}

/** A text as one word: in single quotes nothing is special to HAProxy, and what cannot stand in them is escaped between two pairs. */
export function quoted(text: string): string {
  if (/(?![\n\r\t])\p{Cc}/u.test(text)) throw refused('text', text);
  const escapes: Readonly<Record<string, string>> = {
    "'": String.raw`'\''`,
    '\n': String.raw`'\n'`,
    '\r': String.raw`'\r'`,
    '\t': String.raw`'\t'`,
  };
  return `'${text.replaceAll(/['\n\r\t]/g, (c) => escapes[c] ?? c)}'`;
}

/** A text where HAProxy expects a log format: nothing in it stands for something else. */
export const formatText = (text: string): string => text.replaceAll('%', '%%');

/** The value of a header, one line. */
export function headerValueWord(value: string): string {
  if (/[\r\n\0]/.test(value)) throw refused('header value', value);
  return quoted(formatText(value));
}

/** The name of a header or cookie. Those that say where a message ends are HAProxy's own. */
export function tokenWord(name: string): string {
  if (!/^[A-Za-z0-9!#$&*+.^_`|~-]+$/.test(name) || /^(content-length|transfer-encoding)$/i.test(name)) throw refused('header name', name);
  return quoted(name);
}

/** An address, or a network as CIDR. */
export function networkWord(network: string): string {
  const [address = '', bits, more] = network.split('/');
  const most = isIP(address) === 6 ? 128 : 32;
  if (more !== undefined || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) throw refused('network', network);
  return bits === undefined ? addressWord(address) : `${addressWord(address)}/${bits}`;
}

/** A user's name and the crypt(3) hash of the password. */
export function userWords(name: string, hash: string): string {
  if (!/^(?:(?![:\p{Cc}]).){1,100}$/u.test(name)) throw refused('user name', name);
  if (!/^\$(2[aby]|5|6|y)\$[./A-Za-z0-9$=]{8,200}$/.test(hash)) throw refused('password hash ($2y$, $5$, $6$ or $y$)', hash.slice(0, 4));
  return `user ${quoted(name)} password ${quoted(hash)}`;
}

function refused(what: string, value: string): BerthError {
  return new BerthError(
    'EDGE_FAILED',
    `Could not configure the edge: ${JSON.stringify(value.slice(0, 100))} is not a ${what} that it can take.`,
  );
}
