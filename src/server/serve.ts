import { getRequestListener } from '@hono/node-server';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { protocolVersion } from '../contract/index.ts';
import { BerthError } from '../errors/index.ts';
import type { ServerDeps } from './deps.ts';
import { createHandlers } from './handlers.ts';
import { createHttpApp, describeError } from './http-app.ts';
import { serveSession } from './sessions.ts';

/** How long replies that are under way have once everything else has ended. */
const lastRepliesMs = 1000;
/** How long one-off containers have to end and be removed. */
const lastSessionsMs = 15_000;

/** A server that answers on its socket. */
export interface RunningServer {
  /**
   * Stops between two steps: nothing new is taken, what runs is journalled, then followers are told and the socket goes.
   * Asking again waits for the same end.
   */
  close(): Promise<void>;
}

/** Serves the API on a Unix socket that only its owner can connect to. Must be called by the holder of the home's lock. */
export async function serve(deps: ServerDeps, socketPath: string): Promise<RunningServer> {
  const stopping = new AbortController();
  let closing: Promise<void> | undefined;
  const app = createHttpApp({ ...deps, handlers: createHandlers(deps), stopping: stopping.signal });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const sessions = new Map<Duplex, Promise<void>>();
  const server = createServer((request, response) => {
    response.setHeader('berth-version', deps.identity.version);
    response.setHeader('berth-protocol', protocolVersion);
    response.setHeader('berth-pid', deps.identity.pid);
    response.setHeader('berth-stopping', String(closing !== undefined));
    if (request.method === 'HEAD') {
      const engine = deps.engineInUse();
      if (engine !== undefined) response.setHeader('berth-engine', encodeURIComponent(engine));
      response.writeHead(204).end();
      return;
    }
    if (closing !== undefined && request.method === 'POST') {
      const error = new BerthError('SERVER_UNREACHABLE', 'The berth server is stopping.', { hint: 'Run the command again.' });
      response.writeHead(error.status, { 'content-type': 'application/json' }).end(JSON.stringify(error));
      return;
    }
    void listener(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    const describe = (error: unknown) => describeError(error, deps);
    const ended = serveSession({ ...deps, describe }, request, { socket, head }).finally(() => sessions.delete(socket));
    sessions.set(socket, ended);
  });
  await listen(server, socketPath);

  async function close(): Promise<void> {
    await deps.runner.close();
    stopping.abort(new BerthError('SERVER_UNREACHABLE', 'The berth server has stopped.', { hint: 'Run the command again.' }));
    const ended = Promise.withResolvers<void>();
    server.close(() => ended.resolve());
    for (const socket of sessions.keys()) socket.destroy();
    await atMost(deps.clock, Promise.allSettled(sessions.values()), lastSessionsMs);
    await atMost(deps.clock, ended.promise, lastRepliesMs);
    server.closeAllConnections();
    await rm(socketPath, { force: true });
  }
  return { close: () => (closing ??= close()) };
}

async function listen(server: Server, path: string): Promise<void> {
  // What lies there was left by a server that was killed: this process holds the lock.
  await rm(path, { force: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  await promise;
  server.off('error', reject);
  await chmod(path, 0o600);
}

/** Waits for something, but not for ever. */
async function atMost(clock: ServerDeps['clock'], work: Promise<unknown>, ms: number): Promise<void> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).catch(() => undefined);
  await Promise.race([work, late]);
  done.abort();
}
