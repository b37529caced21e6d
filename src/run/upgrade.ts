import { toBerthError } from '../errors/index.ts';
import type { ProxyStatus, UpgradeReport } from '../contract/index.ts';
import type { ProxyConfig } from '../model/index.ts';
import type { DataPlane, Store } from '../ports/index.ts';
import type { Target } from './deps.ts';
import type { EdgeKeeper } from './target/edge-keeper.ts';
import type { FrontKeeper } from './target/front-keeper.ts';

/** What upgrading looks at and changes. */
export type UpgradeDeps = {
  readonly store: Pick<Store, 'listApps' | 'getRelease' | 'listFronts'>;
  readonly target: Pick<Target, 'dataPlane' | 'fronts'>;
  readonly edge: Pick<EdgeKeeper, 'restore' | 'wanted'>;
  readonly fronts: Pick<FrontKeeper, 'restore'>;
};

/** One proxy of the installation: `app` and `service` are of a front. */
type Known = Pick<ProxyStatus, 'proxy' | 'app' | 'service'> & { readonly dataPlane: DataPlane; readonly wanted: ProxyConfig };

/** What an upgrade would replace. Changes nothing. */
export async function checkUpgrade(deps: UpgradeDeps, signal?: AbortSignal): Promise<UpgradeReport> {
  const found = await Promise.all(proxiesOf(deps).map((known) => statusOf(known, signal)));
  return { proxies: found.filter((status) => status !== undefined) };
}

/**
 * Makes the image anew, replaces every proxy that runs in another one, has those with another configuration read what
 * this berth writes, and waits until what was replaced has finished: requests by themselves, other connections within the longest drain that a service asks for.
 */
export async function upgradeProxies(deps: UpgradeDeps, signal?: AbortSignal): Promise<UpgradeReport> {
  const known = proxiesOf(deps);
  const before = new Map<Known, ProxyStatus>();
  for (const proxy of known) {
    const status = await statusOf(proxy, signal);
    if (status !== undefined) before.set(proxy, status);
  }
  if (before.size === 0) return { proxies: [] };
  const problem = await renew(deps.target.dataPlane, signal);
  await deps.edge.restore(signal, { retry: true });
  await deps.fronts.restore(undefined, signal, { retry: true });
  const withinMs = longestDrainMs(deps.store);
  const proxies = await Promise.all(
    [...before].map(async ([proxy, was]) => {
      const { closed } = await proxy.dataPlane.finished({ withinMs }, signal);
      const now = (await statusOf(proxy, signal)) ?? was;
      return { ...now, closed };
    }),
  );
  return { proxies, ...(problem === undefined ? {} : { problem }) };
}

/** Without a way to packages or registry the image stays as it is, and all else is upgraded. */
async function renew(dataPlane: DataPlane, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    await dataPlane.renew(signal);
    return undefined;
  } catch (thrown) {
    signal?.throwIfAborted();
    return toBerthError(thrown).message;
  }
}

function proxiesOf({ store, target, edge }: UpgradeDeps): Known[] {
  const fronts = store.listFronts().map(({ app, service, networks, listeners, backends }): Known => {
    return { proxy: 'front', app, service, dataPlane: target.fronts.open({ app, service, networks }), wanted: { listeners, backends } };
  });
  return [{ proxy: 'edge', dataPlane: target.dataPlane, wanted: edge.wanted() }, ...fronts];
}

async function statusOf({ dataPlane, wanted, ...known }: Known, signal: AbortSignal | undefined): Promise<ProxyStatus | undefined> {
  const version = await dataPlane.version(wanted, signal);
  return version === undefined ? undefined : { ...known, ...version, closed: 0 };
}

function longestDrainMs(store: UpgradeDeps['store']): number {
  const services = store.listApps().flatMap(({ name, currentRelease }) => {
    return currentRelease === undefined ? [] : (store.getRelease(name, currentRelease)?.project.services ?? []);
  });
  return Math.max(0, ...services.map((s) => s.rollout.longDrainMs));
}
