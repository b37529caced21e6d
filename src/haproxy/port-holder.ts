import { readFile } from 'node:fs/promises';
import { labels } from '../model/index.ts';
import type { ContainerSummary, Engine, Host } from '../ports/index.ts';

/** What finding a port's holder needs. */
export type HolderDeps = {
  readonly engine: Pick<Engine, 'listContainers'>;
  readonly host: Pick<Host, 'listenerOn'>;
  readonly installation: string;
  /** A file of a process in `/proc`, or '' where it cannot be read. */
  readonly readProc?: (pid: string, file: 'cgroup' | 'cmdline') => Promise<string>;
};

/**
 * Who holds an address and port, other than this installation's own edge. HAProxy binds with SO_REUSEPORT, so the
 * kernel would let two edges share a port in silence; it has to be asked before.
 */
export async function findPortHolder(
  deps: HolderDeps,
  input: { address: string; port: number },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const process = await deps.host.listenerOn(input);
  const pid = /\(pid (\d+)\)/.exec(process ?? '')?.[1];
  if (process === undefined || pid === undefined) return process;
  const read = deps.readProc ?? readProc;
  const containers = await deps.engine.listContainers({ labels: {} }, signal);
  const published = containerBehindProxy(containers, await read(pid, 'cmdline'));
  if (published !== undefined) return `container ${published.name}`;
  const cgroup = await read(pid, 'cgroup');
  const container = containers.find((c) => cgroup.includes(c.id));
  if (container === undefined) return process;
  if (container.labels[labels.role] !== 'edge') return `container ${container.name}`;
  if (container.labels[labels.installation] === deps.installation) return undefined;
  const home = container.labels[labels.home];
  return `the edge of another berth installation${home === undefined ? '' : ` (home ${home})`}, container ${container.name}`;
}

/** Docker publishes a port through a process of its own, which names the container's address in its arguments. */
function containerBehindProxy(containers: readonly ContainerSummary[], commandLine: string): ContainerSummary | undefined {
  const words = commandLine.split('\0');
  if (words[0]?.endsWith('docker-proxy') !== true) return undefined;
  const address = words[words.indexOf('-container-ip') + 1];
  return containers.find((c) => Object.values(c.addresses).some((a) => a === address));
}

/** Gone processes and foreign machines have nothing to read. */
async function readProc(pid: string, file: 'cgroup' | 'cmdline'): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
