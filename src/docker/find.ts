import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { FoundEngine } from './check-engine.ts';
import { sha256 } from '../kit/index.ts';
import { errnoOf } from './errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Places = {
  readonly environment: Environment;
  /** Where to look besides the environment; tests give their own. */
  readonly sockets?: readonly string[];
  /** The socket of an engine that was found before, and is in use: it is not asked again what it is. */
  readonly known?: string | undefined;
};

/**
 * Finds the engine as Docker's own CLI does: `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context of the Docker
 * configuration, then the usual sockets. Answers only one that berth can use: local, rootful, Linux.
 */
export async function findEngine(places: Places, signal?: AbortSignal): Promise<FoundEngine> {
  const named = namedEngine(places.environment);
  if (named !== undefined) {
    const found = { socket: toSocket(named), from: named.from };
    if (found.socket !== places.known) await check(found, signal);
    return found;
  }
  const tried = places.sockets ?? usualSockets(places.environment);
  const known = tried.find((socket) => socket === places.known);
  if (known !== undefined) return { socket: known, from: known };
  let denied: BerthError | undefined;
  for (const socket of tried) {
    try {
      // The first that answers wins, so they are asked in order.
      // oxlint-disable-next-line no-await-in-loop
      await check({ socket, from: socket }, signal);
      return { socket, from: socket };
    } catch (error) {
      if (!(error instanceof BerthError) || error.code !== 'ENGINE_UNREACHABLE') throw error;
      if (error.details['errno'] === 'EACCES') denied ??= error;
    }
  }
  if (denied !== undefined) throw denied;
  throw new BerthError('ENGINE_UNREACHABLE', `Could not find a container engine: none answers at ${tried.join(', ')}.`, {
    hint: 'Install Docker and start it (Debian and Ubuntu: `apt-get install docker.io`, then `systemctl start docker`), or set DOCKER_HOST.',
    details: { tried },
  });
}

type Named = { readonly host: string; readonly from: string };

/** The engine that the user named, if any. */
function namedEngine(environment: Environment): Named | undefined {
  const host = environment['DOCKER_HOST'];
  if (host !== undefined && host !== '') return { host, from: 'DOCKER_HOST' };
  const directory = environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? '/', '.docker');
  const chosen = environment['DOCKER_CONTEXT'];
  const context = chosen !== undefined && chosen !== '' ? chosen : currentContext(directory);
  if (context === undefined || context === 'default') return undefined;
  const from = `Docker context ${context}`;
  const file = join(directory, 'contexts', 'meta', sha256(context), 'meta.json');
  const meta = readJson<{ Endpoints?: { docker?: { Host?: string } } }>(file);
  const contextHost = meta?.Endpoints?.docker?.Host;
  if (contextHost !== undefined) return { host: contextHost, from };
  throw new BerthError('ENGINE_UNSUPPORTED', `Could not use ${from}: it names no engine (${file}).`, {
    hint: 'Choose another one with `docker context use default`, or set DOCKER_HOST.',
  });
}

function currentContext(directory: string): string | undefined {
  const config = readJson<{ currentContext?: string }>(join(directory, 'config.json'));
  const name = config?.currentContext;
  return name === undefined || name === '' ? undefined : name;
}

/** A JSON file, or undefined when there is none. */
function readJson<T>(file: string): T | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw new BerthError('FILE_INVALID', `Could not read ${file}: ${errnoOf(error) ?? 'unknown error'}.`, {
      where: { file },
      cause: error,
    });
  }
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new BerthError('FILE_INVALID', `Could not read ${file}: it is not JSON.`, { where: { file }, cause: error });
  }
}

/** The socket of an address, or one sentence on why berth cannot use it. */
function toSocket({ host, from }: Named): string {
  if (host.startsWith('unix://')) return host.slice('unix://'.length);
  if (host.startsWith('/')) return host;
  const scheme = /^[a-z]+(?=:\/\/)/.exec(host)?.[0] ?? 'tcp';
  const kinds: Readonly<Record<string, string>> = { ssh: 'an engine on another machine', npipe: 'an engine on Windows' };
  const kind = kinds[scheme] ?? 'an engine over the network';
  throw new BerthError(
    'ENGINE_UNSUPPORTED',
    `Could not use ${from} (${host}): ${kind} is not supported yet; berth needs a local Unix socket.`,
    {
      hint: 'Run berth on the machine of the engine, or unset DOCKER_HOST.',
      details: { host },
    },
  );
}

/** Throws unless a usable engine answers. Loads the client of the engine, which a known engine does not need here. */
async function check(found: FoundEngine, signal: AbortSignal | undefined): Promise<void> {
  const { checkEngine } = await import('./check-engine.ts');
  await checkEngine({ ...found, maybeRootless: !rootfulSockets.includes(found.socket) }, signal);
}

/** Where only root can listen: no rootless engine is behind these. */
const rootfulSockets: readonly string[] = ['/var/run/docker.sock', '/run/podman/podman.sock'];

/** Docker's and Podman's, rootful first; a rootless one is asked only to say that it is one. */
function usualSockets(environment: Environment): string[] {
  const runtime = environment['XDG_RUNTIME_DIR'];
  const own = runtime === undefined || runtime === '' ? [] : [`${runtime}/docker.sock`, `${runtime}/podman/podman.sock`];
  return [...rootfulSockets, ...own];
}
