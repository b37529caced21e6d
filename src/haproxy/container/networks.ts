import type { Front } from '../../model/index.ts';
import type { ContainerDetails, Engine } from '../../ports/index.ts';
import { endpointBody } from './body.ts';

type Wanted = Front['networks'][number];

/**
 * Puts the container that has a front's address and names on exactly the wanted networks; one that is as wanted stays untouched.
 * `serving`: the container whose HAProxy would find every instance unreachable in the moment of a change, and answer 503.
 */
export async function joinNetworks(
  engine: Pick<Engine, 'connectNetwork' | 'disconnectNetwork' | 'rejoinNetwork'>,
  input: { readonly container: Pick<ContainerDetails, 'id' | 'networks'>; readonly serving: string; readonly wanted: readonly Wanted[] },
  signal?: AbortSignal,
): Promise<void> {
  const { container, serving, wanted } = input;
  for (const network of wanted) {
    const there = container.networks[network.name];
    if (there !== undefined && isAsWanted(container, network)) continue;
    const endpoint = endpointBody(network);
    if (there === undefined) await engine.connectNetwork(network.name, container.id, endpoint, signal);
    else await engine.rejoinNetwork(network.name, container.id, { endpoint, frozen: serving, signal });
  }
  for (const name of Object.keys(container.networks)) {
    if (wanted.every((n) => n.name !== name)) await engine.disconnectNetwork(name, container.id, signal);
  }
}

/** The engine adds the container's own short id to the names; a container that does not run has no address yet. */
function isAsWanted(container: Pick<ContainerDetails, 'id' | 'networks'>, wanted: Wanted): boolean {
  const there = container.networks[wanted.name];
  if (there === undefined) return false;
  const aliases = there.aliases.filter((alias) => !container.id.startsWith(alias));
  const named = aliases.toSorted().join(' ') === [...wanted.aliases].toSorted().join(' ');
  return named && (wanted.address === undefined || there.address === '' || there.address === wanted.address);
}
