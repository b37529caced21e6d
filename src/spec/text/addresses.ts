import { isAddress } from './short-forms.ts';

/** A range of addresses: the bits that count, and how many addresses of its family have. */
type Range = { readonly bits: 32 | 128; readonly prefix: number; readonly value: bigint };

/** The range that `10.0.0.0/8`, `2001:db8::/32` or a single address means, or undefined when it is none. */
function parseRange(text: string): Range | undefined {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (!isAddress(address)) return undefined;
  const bits = address.includes(':') ? 128 : 32;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return undefined;
  const value = bits === 32 ? valueOf(address.split('.').map(Number), 8n) : valueOf(groupsOf(address), 16n);
  return { bits, prefix, value: value >> BigInt(bits - prefix) };
}

function valueOf(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((value, part) => (value << width) | BigInt(part), 0n);
}

/** The eight groups of an IPv6 address; a dotted end is two of them. */
function groupsOf(address: string): number[] {
  const hex = address.replace(/[\d.]+\.[\d.]+$/, (dotted) => {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
    return [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(':');
  });
  const [before = [], after = []] = hex
    .split('::')
    .map((half) => half.split(':').flatMap((g) => (g === '' ? [] : [Number.parseInt(g, 16)])));
  return [...before, ...Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
}

/** Says what keeps a text from being an address or a range of addresses in CIDR notation. */
export function rangeProblem(text: string): string | undefined {
  return parseRange(text) === undefined
    ? 'must be an address or a range of them, such as `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`'
    : undefined;
}

/** Whether every address of one range is in another. */
export function isCovered(inner: string, outer: string): boolean {
  const [a, b] = [parseRange(inner), parseRange(outer)];
  if (a === undefined || b === undefined || a.bits !== b.bits || a.prefix < b.prefix) return false;
  return a.value >> BigInt(a.prefix - b.prefix) === b.value;
}
