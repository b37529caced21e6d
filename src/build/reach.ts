const reachMs = 2000;

/** Whether a registry answers from this machine within two seconds; what it answers does not matter. */
export async function reachRegistry(registry: string, signal: AbortSignal): Promise<boolean> {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  try {
    await fetch(`https://${host}/v2/`, { method: 'HEAD', signal: AbortSignal.any([signal, AbortSignal.timeout(reachMs)]) });
    return true;
  } catch {
    // No name, no route, no trust, no time: all of them mean that it cannot be asked from here.
    return false;
  }
}
