import type { Clock, Engine, EngineInfo } from '../ports/index.ts';
import { containerCalls, contentCalls } from './containers.ts';
import { eventCalls } from './events.ts';
import { deadlines, EngineHttp } from './http.ts';
import { imageCalls } from './images.ts';
import { networkCalls, volumeCalls } from './networks.ts';
import { sessionCalls } from './sessions.ts';
import { statsCalls } from './stats.ts';

/** An engine behind a socket; `close` ends its idle connections. */
export type ConnectedEngine = Engine & { close(): void };

/** A client of the engine that listens on a Unix socket. Nothing is sent until the first call. */
export function connectEngine(input: { socket: string; clock: Pick<Clock, 'now'> }): ConnectedEngine {
  const http = new EngineHttp(input.socket);
  // Asked once: it cannot change behind a socket.
  let rootless: boolean | undefined;
  return {
    async info(signal) {
      const { desktop: _, ...version } = await engineVersion(http, signal);
      rootless ??= await isRootless(http, signal);
      return { ...version, rootless };
    },
    ping: (signal) => http.ping(signal),
    ...containerCalls(http),
    ...contentCalls(http),
    ...sessionCalls(http),
    ...statsCalls(http),
    ...imageCalls(http),
    ...networkCalls(http),
    ...volumeCalls(http),
    ...eventCalls(http, input.clock),
    close: () => http.close(),
  };
}

type RawVersion = { Version?: string; Arch?: string; Os?: string; Platform?: { Name?: string }; Components?: { Name?: string }[] | null };

/** What answers behind a socket. */
export async function engineVersion(
  http: EngineHttp,
  signal?: AbortSignal,
): Promise<Omit<EngineInfo, 'rootless'> & { readonly desktop: boolean }> {
  const doing = 'ask the container engine what it is';
  const call = { method: 'GET', path: '/version', doing, timeoutMs: deadlines.lookMs, signal } as const;
  const apiVersion = await http.version(signal);
  const {
    Version: version = '',
    Arch: arch = '',
    Os: os = '',
    Platform: platform,
    Components: components,
  } = await http.json<RawVersion>(call);
  return {
    name: components?.some((c) => c.Name === 'Podman Engine') === true ? 'podman' : 'docker',
    version,
    apiVersion,
    arch,
    os,
    desktop: platform?.Name?.startsWith('Docker Desktop') ?? false,
    socket: http.socket,
  };
}

/** Whether the engine runs without root. It takes the engine a while to say (20 ms where a look takes 1). */
export async function isRootless(http: EngineHttp, signal?: AbortSignal): Promise<boolean> {
  const doing = 'ask the container engine whether it is rootless';
  const call = { method: 'GET', path: '/info', doing, timeoutMs: deadlines.lookMs, signal } as const;
  const { SecurityOptions: options } = await http.json<{ SecurityOptions?: string[] | null }>(call);
  return options?.some((option) => option.includes('name=rootless')) ?? false;
}
