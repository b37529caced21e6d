/** Reads /proc/net/route: IPv4 networks that the machine routes to, without the default route. */
export function parseRoutes(text: string): string[] {
  const found: string[] = [];
  for (const row of text.split('\n').slice(1)) {
    const [, destination = '', , , , , , mask = ''] = row.trim().split(/\s+/);
    if (destination.length !== 8 || mask.length !== 8) continue;
    const bits = [...bytesOf(mask)].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    if (bits > 0) found.push(`${bytesOf(destination).join('.')}/${bits}`);
  }
  return found;
}

/** The network of an interface's address: `10.1.2.3/24` is on `10.1.2.0/24`. */
export function networkOf(cidr: string): string {
  const [address = '', length = '32'] = cidr.split('/');
  const bits = Number(length);
  const bytes = address.split('.').map((part, at) => Number(part) & (0xff << Math.min(8, Math.max(0, 8 - (bits - at * 8)))) & 0xff);
  return `${bytes.join('.')}/${bits}`;
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex').swap32();
}
