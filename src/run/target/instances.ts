import { BerthError } from '../../errors/index.ts';
import { labels, type ContainerState, type Instance } from '../../model/index.ts';
import type { ContainerDetails, ContainerSummary, Engine } from '../../ports/index.ts';
import type { RunContext } from '../deps.ts';

/** The address of a container on the network that the edge uses; of a host-network container the loopback address. */
export function addressOf(details: Pick<ContainerDetails, 'labels' | 'networks'>): string | undefined {
  const network = details.labels[labels.network];
  if (network === undefined) return undefined;
  if (network === 'host') return '127.0.0.1';
  const address = details.networks[network]?.address;
  return address === '' ? undefined : address;
}

/** The container of an instance, or INSTANCE_NOT_FOUND. */
export async function needInstance(ctx: Pick<RunContext, 'target'>, name: string, signal?: AbortSignal): Promise<ContainerDetails> {
  const details = await ctx.target.engine.inspectContainer(name, signal);
  if (details === undefined) throw new BerthError('INSTANCE_NOT_FOUND', `${name} is no longer on the engine: something removed it.`);
  return details;
}

/** What an app's instances are, as the engine shows them. Stopped ones are inspected, since only that tells why. */
export async function listInstances(ctx: { engine: Engine; installation: string; app: string }, signal?: AbortSignal): Promise<Instance[]> {
  const query = { labels: { [labels.app]: ctx.app, [labels.installation]: ctx.installation, [labels.role]: 'instance' }, all: true };
  const found = await ctx.engine.listContainers(query, signal);
  const instances = await Promise.all(
    found.map(async (c) => {
      if (c.state === 'running') return fromSummary(c);
      const details = await ctx.engine.inspectContainer(c.id, signal);
      return details === undefined ? undefined : toInstance(details);
    }),
  );
  return instances.filter((i) => i !== undefined).toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function fromSummary(c: ContainerSummary): Instance {
  const network = c.labels[labels.network];
  return {
    ...fromLabels(c.labels),
    name: c.name,
    containerId: c.id,
    state: toState(c.state),
    health: 'none',
    restarts: 0,
    address: network === 'host' ? '127.0.0.1' : network === undefined ? undefined : c.addresses[network],
    imageId: c.imageId,
    failed: false,
  };
}

/** An instance as an inspected container shows it. */
export function toInstance(details: ContainerDetails): Instance {
  const isOver = details.state === 'exited' || details.state === 'dead' || details.state === 'created';
  return {
    ...fromLabels(details.labels),
    name: details.name,
    containerId: details.id,
    state: details.state,
    health: details.health,
    exitCode: details.state === 'exited' || details.state === 'dead' ? details.exitCode : undefined,
    oomKilled: details.oomKilled,
    restarts: details.restartCount,
    startedAtMs: details.startedAtMs,
    address: addressOf(details),
    imageId: details.imageId,
    // A kept instance has its restart policy taken away; one whose file says `restart: no` says so in a label.
    failed: isOver && details.restartPolicy.name === 'no' && details.labels[labels.restart] !== 'no',
  };
}

function fromLabels(
  l: Readonly<Record<string, string>>,
): Pick<Instance, 'app' | 'service' | 'release' | 'config' | 'rolloutId' | 'fronted'> {
  return {
    app: l[labels.app] ?? '',
    service: l[labels.service] ?? '',
    release: Number(l[labels.release] ?? 0),
    config: l[labels.config] ?? '',
    rolloutId: l[labels.rollout] ?? '',
    fronted: l[labels.internal] === 'front',
  };
}

const states: readonly ContainerState[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

function toState(state: string): ContainerState {
  return states.find((s) => s === state) ?? 'dead';
}
