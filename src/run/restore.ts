import { toBerthError } from '../errors/index.ts';
import { labels } from '../model/index.ts';
import type { Keepers } from './contexts.ts';
import type { RunDeps, Target } from './deps.ts';
import { learnReleases } from './traffic.ts';

/** Whose target is put in order, by a server that started at `startedAtMs`. */
type Restoring = { readonly deps: RunDeps; readonly target: Target; readonly keepers: Keepers; readonly startedAtMs: number };

/** What an earlier server left besides rollouts: edge and fronts to be set right, one-off containers whose command is gone. */
export async function restoreTarget(of: Restoring, signal: AbortSignal): Promise<void> {
  const { deps, target, keepers } = of;
  await Promise.all([
    deps.store.listEdges().length > 0 ? restoreProxies(deps, (s) => keepers.edge.restore(s), signal) : undefined,
    deps.store.listFronts().length > 0 ? restoreProxies(deps, (s) => keepers.fronts.restore(undefined, s), signal) : undefined,
  ]);
  for (const work of [() => learnReleases(deps, target.engine, signal), () => removeAbandoned(of, signal)]) {
    await work().catch((thrown: unknown) => {
      if (!signal.aborted) deps.onTrouble(toBerthError(thrown));
    });
  }
}

async function removeAbandoned({ deps, target, startedAtMs }: Restoring, signal: AbortSignal): Promise<void> {
  const abandoned = { [labels.installation]: deps.store.installation, [labels.role]: 'run' };
  for (const c of await target.engine.listContainers({ labels: abandoned, all: true }, signal)) {
    if (c.createdAtMs < startedAtMs) await target.engine.removeContainer(c.id, { force: true, volumes: true }, signal);
  }
}

/** Makes proxies what the store says, as soon as the engine lets it: after a boot it may come up later than the server. */
async function restoreProxies(deps: RunDeps, restore: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      return await restore(signal);
    } catch (thrown) {
      if (signal.aborted) return;
      deps.onTrouble(toBerthError(thrown));
      await deps.clock.sleep(Math.min(60_000, 1000 * 2 ** tries), signal).catch(() => undefined);
    }
  }
}
