import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { connectionsOf, processes, readOr, socketInodes, socketsOf, type ListeningSocket } from './sockets.ts';

type Listener = { readonly address: string; readonly port: number };

/** Docker puts its own DNS server into the network namespace of containers. */
const engineDns = '127.0.0.11';

/**
 * What a container's process listens on. In the host's network namespace, where everyone's sockets are, only those
 * that processes of the same control group hold.
 */
export async function listenersOf(proc: string, pid: number): Promise<readonly Listener[]> {
  const sockets = await socketsOf(proc, pid);
  const [theirs, ours] = await Promise.all([namespaceOf(proc, pid), namespaceOf(proc, 'self')]);
  const shared = theirs !== undefined && theirs === ours;
  const own = shared ? await onlyOf(proc, pid, sockets) : sockets.filter((s) => s.address !== engineDns);
  const seen = new Map(own.map(({ address, port }) => [`${address} ${port}`, { address, port }]));
  return [...seen.values()].toSorted((a, b) => a.port - b.port || a.address.localeCompare(b.address));
}

function namespaceOf(proc: string, pid: number | 'self'): Promise<string | undefined> {
  return readlink(`${proc}/${pid}/ns/net`).catch(() => undefined);
}

async function onlyOf(proc: string, pid: number, sockets: readonly ListeningSocket[]): Promise<ListeningSocket[]> {
  const group = await readOr(`${proc}/${pid}/cgroup`, undefined);
  const held = new Set<string>();
  for (const each of await processes(proc)) {
    // oxlint-disable-next-line no-await-in-loop
    const same = each === String(pid) || (group !== undefined && (await readOr(`${proc}/${each}/cgroup`, undefined)) === group);
    // oxlint-disable-next-line no-await-in-loop
    if (same) for (const inode of await socketInodes(proc, each)) held.add(inode);
  }
  return sockets.filter((s) => held.has(s.inode));
}

/** Who is connected to what the network namespace of a process listens on; what it called itself is left out. */
export async function callersOf(proc: string, pid: number): Promise<readonly Listener[]> {
  const [sockets, connections] = await Promise.all([socketsOf(proc, pid), connectionsOf(proc, pid)]);
  const ports = new Set(sockets.map((s) => s.port));
  return connections.filter((c) => ports.has(c.localPort)).map(({ address, port }) => ({ address, port }));
}

/** Who listens on an address and port of the machine, in words; undefined when nobody does. */
export async function holderOf(proc: string, wanted: Listener): Promise<string | undefined> {
  const clashing = (await socketsOf(proc, 'self')).filter((s) => s.port === wanted.port && clash(s.address, wanted.address));
  if (clashing.length === 0) return undefined;
  const inodes = new Set(clashing.map((s) => s.inode));
  for (const pid of await processes(proc)) {
    // oxlint-disable-next-line no-await-in-loop
    if ((await socketInodes(proc, pid)).some((inode) => inodes.has(inode))) return nameOf(proc, pid);
  }
  return 'another process, which this user may not see';
}

const anyIpv4 = '0.0.0.0';
const anyIpv6 = '::';

/** Whether two sockets of one port cannot both be bound. `::` also takes IPv4, as almost every program binds it. */
function clash(held: string, wanted: string): boolean {
  if (wanted === '' || wanted === anyIpv6 || held === wanted || held === anyIpv6) return true;
  return wanted.includes(':') ? false : held === anyIpv4 || (wanted === anyIpv4 && !held.includes(':'));
}

/** `nginx (pid 42)`; Docker's own forwarder also says for which container it listens. */
async function nameOf(proc: string, pid: string): Promise<string> {
  const comm = (await readOr(`${proc}/${pid}/comm`, 'a process')).trim();
  // Node calls its main thread so; the program's own name says more.
  const name = comm === 'MainThread' ? basename(await readlink(`${proc}/${pid}/exe`).catch(() => comm)) : comm;
  const words = (await readOr(`${proc}/${pid}/cmdline`, '')).split('\0');
  const after = (flag: string): string | undefined => words[words.indexOf(flag) + 1];
  const isForwarder = name === 'docker-proxy' && words.includes('-container-ip');
  const target = isForwarder ? ` for the container at ${after('-container-ip')}:${after('-container-port')}` : '';
  return `${name} (pid ${pid})${target}`;
}
