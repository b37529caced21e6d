/** One value in DER (X.690): its tag, its length, its content. Only written here; what is read, OpenSSL reads. */
function value(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), length(body.length), body]);
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const digits = bytes.toString(16);
  const encoded = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | encoded.length]), encoded]);
}

/** The DER forms that certificates and their requests are made of. */
export const der = {
  sequence: (...items: readonly Uint8Array[]): Buffer => value(0x30, ...items),
  set: (...items: readonly Uint8Array[]): Buffer => value(0x31, ...items),
  boolean: (is: boolean): Buffer => value(0x01, Buffer.from([is ? 0xff : 0])),
  /** A positive number from its bytes, most significant first. */
  integer(bytes: Uint8Array): Buffer {
    const first = bytes.findIndex((byte) => byte !== 0);
    const digits = first === -1 ? Buffer.from([0]) : Buffer.from(bytes.subarray(first));
    return value(0x02, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
  },
  bits: (bytes: Uint8Array, unused = 0): Buffer => value(0x03, Buffer.from([unused]), bytes),
  octets: (bytes: Uint8Array): Buffer => value(0x04, bytes),
  text: (text: string): Buffer => value(0x0c, Buffer.from(text)),
  identifier(dotted: string): Buffer {
    const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
    return value(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
  },
  /** Years before 2050 have two digits, later ones four (RFC 5280, 4.1.2.5). */
  time(ms: number): Buffer {
    const digits = `${new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`;
    return new Date(ms).getUTCFullYear() < 2050 ? value(0x17, Buffer.from(digits.slice(2))) : value(0x18, Buffer.from(digits));
  },
  /** A part that is told by its number: made of others, or a plain value. */
  part: (number: number, ...content: readonly Uint8Array[]): Buffer => value(0xa0 | number, ...content),
  plainPart: (number: number, content: Uint8Array): Buffer => value(0x80 | number, content),
} as const;

function base128(number: number): number[] {
  const digits = [number & 0x7f];
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** A DER value as text (PEM). */
export function toPem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
