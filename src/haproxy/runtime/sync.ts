import { BerthError } from '../../errors/index.ts';
import type { Backend, ProxyConfig, ProxyServer } from '../../model/index.ts';
import { type ActualServer, readServersState } from './answers.ts';
import type { Ask } from './command-line.ts';
import { effectiveWeight, isAway, serverWords } from '../config/backend.ts';
import { nameWord, weightWord } from '../config/words.ts';

/** A server as it should be, and where. */
type Wanted = { readonly target: string; readonly server: ProxyServer; readonly backend: Backend };

/** What is to be done at one server, without a reload. */
export type ServerChange =
  | ({ readonly kind: 'add' } & Wanted)
  | ({ readonly kind: 'set'; readonly actual: ActualServer } & Wanted)
  | { readonly kind: 'remove'; readonly target: string; readonly actual: ActualServer };

/** Plans the least change of servers: new and returning ones first, then what takes traffic away, removals last. */
export function planServers(config: ProxyConfig, actual: readonly ActualServer[]): ServerChange[] {
  const wanted = new Map<string, Wanted>(
    config.backends.flatMap((backend) =>
      backend.servers.map((server): [string, Wanted] => {
        const target = `${nameWord(backend.name)}/${nameWord(server.name)}`;
        return [target, { target, server, backend }];
      }),
    ),
  );
  const known = new Map<string, ActualServer>(actual.map((a) => [`${a.backend}/${a.name}`, a]));
  const gone = new Map([...known].filter(([target, a]) => !isSame(wanted.get(target)?.server, a)));
  const kept = [...wanted.values()].flatMap((w) => {
    const a = known.get(w.target);
    return a === undefined || gone.has(w.target) || isSettled(w, a) ? [] : [{ ...w, kind: 'set' as const, actual: a }];
  });
  // A name that comes back with another address has to go before it can be added.
  const replaced = new Set([...gone.keys()].filter((target) => wanted.has(target)));
  const added = [...wanted.values()].filter(({ target }) => !known.has(target) || replaced.has(target));
  return [
    ...added.filter(({ target }) => !replaced.has(target)).map((w) => ({ ...w, kind: 'add' as const })),
    ...kept.filter((c) => c.server.state === 'ready'),
    ...kept.filter((c) => c.server.state === 'drain'),
    ...[...gone].map(([target, a]) => ({ kind: 'remove' as const, target, actual: a })),
    ...added.filter(({ target }) => replaced.has(target)).map((w) => ({ ...w, kind: 'add' as const })),
  ];
}

/** Whether a server of HAProxy is the wanted one: the same name at the same address. */
function isSame(server: ProxyServer | undefined, actual: ActualServer): boolean {
  return server !== undefined && server.address === actual.address && server.port === actual.port;
}

/** Whether it also takes the wanted share. Weight 0 and the drain state are the same to HAProxy. */
function isSettled({ server, backend }: Wanted, { admin, weight }: ActualServer): boolean {
  if (isAway(server, backend)) return admin === 'maint';
  if (admin === 'maint') return false;
  if (server.state === 'drain') return admin === 'drain' || weight === 0;
  return admin === 'ready' && weight === server.weight;
}

/** Brings the servers of a running HAProxy to the wanted state; answers what it changed once HAProxy shows it so. */
export async function syncServers(ask: Ask, config: ProxyConfig, signal?: AbortSignal): Promise<readonly ServerChange[]> {
  const look = async (): Promise<ServerChange[]> => planServers(config, readServersState(await ask('show servers state', signal)));
  const changes = await look();
  const said: string[] = [];
  for (const change of changes) {
    for await (const line of perform(ask, change, signal)) if (line !== '') said.push(`${change.target}: ${line}`);
  }
  if (changes.length === 0) return changes;
  const left = (await look()).filter((c) => !isOnlyLingering(c));
  if (left.length === 0) return changes;
  throw new BerthError('EDGE_FAILED', `HAProxy did not take a change of ${left.map((c) => c.target).join(', ')}: ${said.join('; ')}`, {
    details: { lines: said },
  });
}

/**
 * HAProxy (3.0.11) cannot shut a connection whose client has closed its side and whose server has not, and keeps the server.
 * It gets nothing more; the connection ends with the instance, and the server goes with the next change.
 */
function isOnlyLingering(change: ServerChange): boolean {
  return change.kind === 'remove' && change.actual.admin === 'maint';
}

async function* perform(ask: Ask, change: ServerChange, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const { target } = change;
  switch (change.kind) {
    case 'add':
      yield await ask(`add server ${target} ${serverWords(change.server, change.backend)}`, signal);
      yield await ask(`enable health ${target}`, signal);
      yield await ask(`set server ${target} state ${stateWord(change)}`, signal);
      return;
    case 'set':
      if (change.server.state === 'ready' && change.actual.weight !== effectiveWeight(change.server)) {
        yield await ask(`set server ${target} weight ${weightWord(change.server.weight)}`, signal);
      }
      yield await ask(`set server ${target} state ${stateWord(change)}`, signal);
      return;
    case 'remove':
      yield* removeServer(ask, target, signal);
      return;
  }
}

const stateWord = ({ server, backend }: Wanted): string => (isAway(server, backend) ? 'maint' : server.state);

/** Who removes a server has drained it; what still hangs on it is closed, for HAProxy keeps a server in use. */
async function* removeServer(ask: Ask, target: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  yield await ask(`set server ${target} state maint`, signal);
  if (!(await ask(`wait 200ms srv-removable ${target}`, signal)).startsWith('Done')) {
    yield await ask(`shutdown sessions server ${target}`, signal);
    await ask(`wait 2s srv-removable ${target}`, signal);
  }
  yield await ask(`del server ${target}`, signal);
}
