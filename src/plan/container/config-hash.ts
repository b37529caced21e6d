import { sha256, stableJson } from '../../kit/index.ts';
import type { Service } from '../../model/index.ts';

/**
 * SHA-256 over all that makes an instance what it is: the image and every key that its container is made from. What
 * only berth acts on (replicas, routes, rollout, probe, dependencies, where the source lies) does not replace instances.
 */
export function configHash(input: {
  service: Service;
  imageId: string;
  fronted?: boolean;
  secrets?: Readonly<Record<string, number>>;
}): string {
  const { service, imageId } = input;
  const ports = service.ports.filter((p) => p.protocol === 'udp' || p.published === undefined);
  const relevant = {
    imageId,
    ports,
    targets: [...new Set([...service.ports.map((p) => p.target), ...service.expose])].toSorted((a, b) => a - b),
    healthcheck: service.healthcheck,
    mounts: service.mounts,
    networks: service.networks,
    networkMode: service.networkMode,
    files: service.files,
    environment: service.environment,
    secretEnvironment: service.secretEnvironment,
    secretFiles: service.secretFiles,
    // Which stored value each of them has: a new one makes new instances, and a hash of the value would say something of it.
    secrets: input.secrets,
    command: service.command,
    // An empty entry point takes that of the image away.
    entrypoint: service.entrypoint === undefined ? undefined : ['entrypoint', ...service.entrypoint],
    containerName: service.containerName,
    stopSignal: service.stopSignal,
    stopGraceMs: service.stopGraceMs,
    container: service.container,
    // Who goes without the service's name on the app's networks; false is left out like all else that is not there.
    fronted: input.fronted,
  };
  return sha256(stableJson(compact(relevant)));
}

/** Without what is absent, empty or false: a key that berth learns later does not change the hash of who never wrote it. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, v]) => {
    const inner = compact(v);
    return inner === undefined || inner === false || isEmpty(inner) ? [] : [[key, inner] as const];
  });
  return Object.fromEntries(kept);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
