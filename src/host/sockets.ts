import { readdir, readFile, readlink } from 'node:fs/promises';

/** A TCP socket that listens, as the kernel shows it; `inode` joins it to the processes that hold it. */
export type ListeningSocket = { readonly address: string; readonly port: number; readonly inode: string };

/** A TCP connection that is open, by its other end. */
export type Connection = { readonly localPort: number; readonly address: string; readonly port: number };

/** TCP_ESTABLISHED, and those that are just being made or closed by one side: SYN_RECV, FIN_WAIT1, CLOSE_WAIT, LAST_ACK. */
const openStates: ReadonlySet<string> = new Set(['01', '03', '04', '08', '09']);
/** TCP_LISTEN in /proc/net/tcp (include/net/tcp_states.h). */
const listenState = '0A';

/** Reads the rows of /proc/<pid>/net/tcp or tcp6 that listen. */
export function parseListening(text: string): ListeningSocket[] {
  const sockets: ListeningSocket[] = [];
  for (const row of text.split('\n').slice(1)) {
    const columns = row.trim().split(/\s+/);
    const [, local = '', , state] = columns;
    if (state !== listenState) continue;
    const [address = '', port = ''] = local.split(':');
    sockets.push({
      address: address.length === 8 ? toIpv4(address) : toIpv6(address),
      port: Number.parseInt(port, 16),
      inode: columns[9] ?? '',
    });
  }
  return sockets;
}

/** Reads the rows of /proc/<pid>/net/tcp or tcp6 that are connected. */
export function parseConnections(text: string): Connection[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((row) => {
      const [, local = '', remote = '', state = ''] = row.trim().split(/\s+/);
      if (!openStates.has(state)) return [];
      const [address = '', port = ''] = remote.split(':');
      const localPort = Number.parseInt(local.split(':')[1] ?? '', 16);
      return [{ localPort, address: address.length === 8 ? toIpv4(address) : toIpv6(address), port: Number.parseInt(port, 16) }];
    });
}

/** The kernel prints each 32-bit word in the machine's byte order (little-endian on x86 and ARM). */
function bytesOf(hex: string): number[] {
  return Buffer.from(hex, 'hex').swap32().toJSON().data;
}

function toIpv4(hex: string): string {
  return bytesOf(hex).join('.');
}

function toIpv6(hex: string): string {
  const bytes = bytesOf(hex);
  const mapped = bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return bytes.slice(12).join('.');
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return shorten(groups);
}

/** Writes the longest run of zero groups as `::` (RFC 5952). */
function shorten(groups: readonly string[]): string {
  const runs = [...groups.join(':').matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map((m) => m[0]);
  const longest = runs.toSorted((a, b) => b.length - a.length)[0];
  if (longest === undefined) return groups.join(':');
  const short = groups.join(':').replace(longest, '::').replace(/:{3,}/, '::');
  return short;
}

/** The sockets that listen in the network namespace of a process; none when it cannot be read. */
export async function socketsOf(proc: string, pid: number | 'self'): Promise<ListeningSocket[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readOr(`${proc}/${pid}/net/${table}`, '')));
  return tables.flatMap(parseListening);
}

/** The connections of the network namespace of a process; none when it cannot be read. */
export async function connectionsOf(proc: string, pid: number): Promise<Connection[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readOr(`${proc}/${pid}/net/${table}`, '')));
  return tables.flatMap(parseConnections);
}

/** The text of a file of /proc; processes end while one looks, and some are not ours to read. */
export async function readOr<T>(path: string, otherwise: T): Promise<string | T> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return otherwise;
  }
}

/** All processes. */
export async function processes(proc: string): Promise<string[]> {
  return (await readdir(proc)).filter((name) => /^\d+$/.test(name));
}

/** The inodes of the sockets that a process holds; none when it has ended or is not ours to read. */
export async function socketInodes(proc: string, pid: string): Promise<string[]> {
  try {
    const links = (await readdir(`${proc}/${pid}/fd`)).map((fd) => readlink(`${proc}/${pid}/fd/${fd}`).catch(() => ''));
    return (await Promise.all(links)).flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
  } catch {
    return [];
  }
}
