/** A short form taken apart, or what is wrong with it. */
type Parsed<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly message: string };

const fail = (message: string): { readonly ok: false; readonly message: string } => ({ ok: false, message });

/** IPv4 or IPv6. */
export function isAddress(value: string): boolean {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(value)) return value.split('.').every((part) => Number(part) <= 255);
  if (!value.includes(':') || !/^[0-9a-fA-F:]+(?:\.\d{1,3}){0,3}$/.test(value) || value.includes(':::')) return false;
  const groups = value.split(':');
  const halves = value.split('::').length;
  return (
    groups.every((group) => group.length <= 4 || group.includes('.')) &&
    (halves === 2 ? groups.length <= 9 : halves === 1 && groups.length === 8)
  );
}

/** One mapping of a `ports` line; `published` may be a range when `target` is one port. */
export type PortMapping = {
  readonly target: number;
  readonly published?: string | undefined;
  readonly hostIp?: string | undefined;
  readonly protocol: string;
};

const maxPort = 65_535;

/** `[ip:][published:]target[/protocol]`, each of the two a port or a range. */
export function parsePort(value: string): Parsed<{ readonly mappings: readonly PortMapping[] }> {
  const slash = value.indexOf('/');
  const protocol = slash === -1 ? 'tcp' : value.slice(slash + 1).toLowerCase();
  if (protocol === 'sctp') return fail('uses SCTP, which is not built yet');
  if (protocol !== 'tcp' && protocol !== 'udp') return fail(`names the protocol \`${protocol}\`; it must be \`tcp\` or \`udp\``);
  const parts = portParts(slash === -1 ? value : value.slice(0, slash));
  if (parts === undefined) return fail('must be `[address:][port:]port[/protocol]`, an IPv6 address in brackets');
  const { hostIp, published, target } = parts;
  if (hostIp !== '' && !isAddress(hostIp)) return fail(`\`${hostIp}\` is not an IP address`);
  const ranges = portRanges(target, published);
  if (typeof ranges === 'string') return fail(ranges);
  return {
    ok: true,
    mappings: Array.from({ length: ranges.target.to - ranges.target.from + 1 }, (_, i) => ({
      target: ranges.target.from + i,
      published: publishedOf(ranges, i),
      hostIp: hostIp === '' ? undefined : hostIp,
      protocol,
    })),
  };
}

/** The three parts of a mapping, the first two perhaps empty. */
function portParts(text: string): { readonly hostIp: string; readonly published: string; readonly target: string } | undefined {
  const [, hostIp, rest = ''] = /^\[([^\]]+)\]:(.*)$/.exec(text) ?? [];
  const parts = (hostIp === undefined ? text : rest).split(':');
  if (hostIp !== undefined && parts.length === 2) return { hostIp, published: parts[0] ?? '', target: parts[1] ?? '' };
  if (hostIp !== undefined || parts.length > 3) return undefined;
  const [target = '', published = '', address = ''] = parts.toReversed();
  return { hostIp: address, published, target };
}

type Ranges = { readonly target: Range; readonly published: Range | undefined };

function portRanges(targetText: string, publishedText: string): Ranges | string {
  const target = portRange(targetText);
  if (typeof target === 'string') return target;
  // The engine takes 0 for "any port", which is what leaving it out means.
  const published = publishedText === '' || publishedText === '0' ? undefined : portRange(publishedText);
  if (typeof published === 'string') return published;
  const count = target.to - target.from;
  if (published !== undefined && count > 0 && published.to - published.from !== count) return 'maps two ranges of different length';
  return { target, published };
}

type Range = { readonly from: number; readonly to: number };

function publishedOf({ target, published }: Ranges, index: number): string | undefined {
  if (published === undefined) return undefined;
  if (target.to > target.from || published.from === published.to) return String(published.from + index);
  return `${String(published.from)}-${String(published.to)}`;
}

/** A port or a range of ports, or what is wrong with it. */
export function portRange(value: string): Range | string {
  const parts = /^(\d+)(?:-(\d+))?$/.exec(value);
  if (parts === null) return value === '' ? 'names no port' : `names \`${value}\`, which is not a port`;
  const from = Number(parts[1]);
  const to = Number(parts[2] ?? parts[1]);
  if (from > maxPort || to > maxPort || from < 1) return `names \`${value}\`, which is out of range; a port is 1 to ${String(maxPort)}`;
  if (to < from) return `names \`${value}\`, which ends before it starts`;
  return { from, to };
}

/** A line of `expose`: a port or a range, with a protocol. */
export function parseExposed(value: string): Parsed<{ readonly ports: readonly number[]; readonly protocol: string }> {
  const [range = '', protocol = 'tcp', ...more] = value.split('/');
  if (more.length > 0 || (protocol !== 'tcp' && protocol !== 'udp')) return fail('must be a port or a range, with `/tcp` or `/udp`');
  const parsed = portRange(range);
  if (typeof parsed === 'string') return fail(parsed);
  return { ok: true, protocol, ports: Array.from({ length: parsed.to - parsed.from + 1 }, (_, i) => parsed.from + i) };
}

/** The parts of a `volumes` line. */
export type VolumeParts = {
  readonly type: 'bind' | 'volume';
  readonly source?: string | undefined;
  readonly target: string;
  readonly readOnly: boolean;
  readonly noCopy: boolean;
  readonly propagation?: string | undefined;
  readonly selinux?: 'z' | 'Z' | undefined;
};

const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

/** `[source:]target[:options]` */
export function parseVolume(value: string): Parsed<{ readonly volume: VolumeParts }> {
  const parts = value.split(':');
  if (parts.includes('')) return fail('has an empty part between colons');
  if (parts.length > 3) return fail('has too many colons; the form is `[source:]target[:options]`');
  const [first = '', second, third] = parts;
  const source = second === undefined ? undefined : first;
  const target = second ?? first;
  if (!target.startsWith('/')) return fail(`mounts at \`${target}\`, which is not an absolute path`);
  const options = third === undefined ? [] : third.split(',');
  const unknown = options.find((option) => !isVolumeOption(option));
  if (unknown !== undefined) return fail(`has the option \`${unknown}\`, which is not known`);
  const selinux = options.find((option) => option === 'z' || option === 'Z');
  return {
    ok: true,
    volume: {
      type: source !== undefined && /^[./~]/.test(source) ? 'bind' : 'volume',
      source,
      target,
      readOnly: options.findLast((option) => option === 'ro' || option === 'rw') === 'ro',
      noCopy: options.includes('nocopy'),
      propagation: options.find((option) => propagations.includes(option)),
      selinux,
    },
  };
}

function isVolumeOption(option: string): boolean {
  return (
    ['ro', 'rw', 'nocopy', 'z', 'Z', 'cached', 'delegated', 'consistent', 'volume-nocopy'].includes(option) || propagations.includes(option)
  );
}

/** `source[:target[:permissions]]` */
export function parseDevice(value: string): Parsed<{ readonly source: string; readonly target: string; readonly permissions: string }> {
  const [source = '', target = source, permissions = 'rwm', ...more] = value.split(':');
  if (more.length > 0) return fail('has too many colons; use the long form');
  if (source === '') return fail('names no device');
  return { ok: true, source, target, permissions };
}
