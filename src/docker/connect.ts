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
  return {
    info: (signal) => engineInfo(http, signal),
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
export async function engineInfo(http: EngineHttp, signal?: AbortSignal): Promise<EngineInfo & { readonly desktop: boolean }> {
  const doing = 'ask the container engine what it is';
  const call = { method: 'GET', doing, timeoutMs: deadlines.lookMs, signal } as const;
  const [apiVersion, raw, { SecurityOptions }] = await Promise.all([
    http.version(signal),
    http.json<RawVersion>({ ...call, path: '/version' }),
    http.json<{ SecurityOptions?: string[] | null }>({ ...call, path: '/info' }),
  ]);
  const { Version: version = '', Arch: arch = '', Os: os = '', Platform: platform, Components: components } = raw;
  return {
    name: components?.some((c) => c.Name === 'Podman Engine') === true ? 'podman' : 'docker',
    version,
    apiVersion,
    arch,
    os,
    rootless: SecurityOptions?.some((option) => option.includes('name=rootless')) ?? false,
    desktop: platform?.Name?.startsWith('Docker Desktop') ?? false,
    socket: http.socket,
  };
}
