import { BerthError } from '../errors/index.ts';
import { engineVersion, isRootless } from './connect.ts';
import { EngineHttp } from './http.ts';

/** The engine that was found, and what led to it: `DOCKER_HOST`, a Docker context's name, or the socket itself. */
export type FoundEngine = { readonly socket: string; readonly from: string };

/** Throws unless a usable engine answers: local, rootful, Linux. */
export async function checkEngine(found: FoundEngine & { readonly maybeRootless: boolean }, signal?: AbortSignal): Promise<void> {
  const http = new EngineHttp(found.socket);
  try {
    const version = await engineVersion(http, signal);
    const rootless = found.maybeRootless && (await isRootless(http, signal));
    const kind = unsupportedKind({ ...version, rootless });
    if (kind === undefined) return;
    throw new BerthError('ENGINE_UNSUPPORTED', `Could not use ${found.from} (${found.socket}): ${kind} is not supported yet.`, {
      hint: 'Install a rootful Docker engine on Linux, or point DOCKER_HOST at its socket (`unix:///var/run/docker.sock`).',
    });
  } finally {
    http.close();
  }
}

function unsupportedKind(engine: { readonly desktop: boolean; readonly rootless: boolean; readonly os: string }): string | undefined {
  if (engine.desktop) return 'Docker Desktop';
  if (engine.rootless) return 'a rootless engine';
  return engine.os === 'linux' ? undefined : `an engine for ${engine.os}`;
}
