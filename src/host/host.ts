import { networkInterfaces } from 'node:os';
import type { Host } from '../ports/index.ts';
import { startsAtBoot } from './boot.ts';
import { findFile, keepFile } from './keep-file.ts';
import { callersOf, holderOf, listenersOf } from './listeners.ts';
import { networkOf, parseRoutes } from './routes.ts';
import { readOr } from './sockets.ts';

/** The home whose server asks, where files of releases are kept, and the user's directory. `proc` and `root` are for tests. */
type HostInput = {
  readonly home: string;
  readonly filesDirectory: string;
  readonly userDirectory?: string | undefined;
  readonly proc?: string;
  readonly root?: string;
};

/** The machine under the engine: sockets and routes from the kernel, files of releases on its disk. */
export function createHost(input: HostInput): Host {
  const { proc = '/proc', root = '/', home, userDirectory } = input;
  return {
    listeners: (pid) => listenersOf(proc, pid),
    callers: (pid) => callersOf(proc, pid),
    async routes() {
      const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
      const local = own.flatMap((a) => (a.family === 'IPv4' && a.cidr !== null ? [networkOf(a.cidr)] : []));
      const routed = parseRoutes(await readOr(`${proc}/net/route`, ''));
      return [...new Set([...routed, ...local])].filter((network) => !network.startsWith('127.'));
    },
    listenerOn: (wanted) => holderOf(proc, wanted),
    keepFile: (file) => keepFile(input.filesDirectory, file),
    findFile: (file) => findFile(input.filesDirectory, file),
    startsAtBoot: () => startsAtBoot({ root, home, userDirectory }),
  };
}
