import { BerthError } from '../errors/index.ts';
import { labels, type Role } from '../model/index.ts';
import type { RunDeps, Target } from './deps.ts';
import { imageTags } from './rollout/images.ts';

/** What uninstalling does. Without a target nothing was ever deployed. */
export type UninstallInput = { readonly purge: boolean; readonly volumes: boolean; readonly target: Target | undefined };

/**
 * With `purge` removes everything of this installation from the engine: containers, networks, edge and fronts, image tags, and
 * volumes when asked. Without, leaves apps, edge and fronts serving. Answers what was removed and what was kept, by name.
 */
export async function uninstall(deps: Pick<RunDeps, 'store'>, input: UninstallInput): Promise<{ removed: string[]; kept: string[] }> {
  const removed: string[] = [];
  const kept: string[] = [];
  const { target } = input;
  if (target === undefined) return { removed, kept };
  const { engine } = target;
  const mine = { [labels.installation]: deps.store.installation };
  const containers = await engine.listContainers({ labels: mine, all: true });
  if (!input.purge) return { removed, kept: containers.filter((c) => c.state === 'running').map((c) => `container ${c.name}`) };
  const proxies: ReadonlySet<string | undefined> = new Set<Role>(['edge', 'front', 'holder']);
  for (const c of containers.filter((one) => !proxies.has(one.labels[labels.role]))) {
    await engine.stopContainer(c.id, { graceMs: 10_000 });
    await engine.removeContainer(c.id, { force: true });
    removed.push(`container ${c.name}`);
  }
  for (const front of await target.fronts.list()) {
    await target.fronts.open({ networks: [], ...front }).remove();
    removed.push(`front ${front.app} ${front.service}`);
  }
  await target.dataPlane.remove();
  for (const network of await engine.listNetworks()) {
    if (network.labels[labels.installation] !== deps.store.installation) continue;
    await removeNetwork(target, network.name, { removed, kept });
  }
  for (const volume of await engine.listVolumes({ labels: mine })) {
    if (input.volumes) await engine.removeVolume(volume.name);
    (input.volumes ? removed : kept).push(`volume ${volume.name}`);
  }
  const tags = deps.store.listApps().flatMap((a) => imageTags(deps.store, a.name));
  for (const tag of tags) if (await engine.removeImage(tag)) removed.push(`image ${tag}`);
  for (const app of deps.store.listApps()) deps.store.deleteApp(app.name);
  return { removed, kept };
}

async function removeNetwork(target: Target, name: string, lists: { removed: string[]; kept: string[] }): Promise<void> {
  try {
    await target.engine.removeNetwork(name);
    lists.removed.push(`network ${name}`);
  } catch (thrown) {
    if (!(thrown instanceof BerthError) || thrown.code !== 'ENGINE_CONFLICT') throw thrown;
    lists.kept.push(`network ${name} (still in use)`);
  }
}
