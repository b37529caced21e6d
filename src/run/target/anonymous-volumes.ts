import type { ContainerDetails } from '../../ports/index.ts';
import type { RunContext } from '../deps.ts';

/** A volume without a name of its own that an image declared, and where it is mounted. */
export type AnonymousVolume = { readonly name: string; readonly target: string };

const key = (app: string, service: string): string => `anonymous-volumes:${app}:${service}`;

/** Anonymous volumes have 64 hex digits for a name. */
const isAnonymous = (name: string | undefined): name is string => name !== undefined && /^[0-9a-f]{64}$/.test(name);

/** Notes which anonymous volumes a stopping instance leaves to its successor (stop-first updates only). */
export function rememberAnonymousVolumes(ctx: Pick<RunContext, 'store' | 'app'>, service: string, details: ContainerDetails): void {
  const volumes = details.mounts.flatMap((m) => (m.type === 'volume' && isAnonymous(m.name) ? [{ name: m.name, target: m.target }] : []));
  if (volumes.length > 0) ctx.store.putSetting(key(ctx.app, service), JSON.stringify(volumes));
}

/** The anonymous volumes that a new instance of a single-writer service takes over. */
export function anonymousVolumesOf(ctx: Pick<RunContext, 'store' | 'app'>, service: string): AnonymousVolume[] {
  const text = ctx.store.getSetting(key(ctx.app, service));
  return text === undefined || text === '' ? [] : (JSON.parse(text) as AnonymousVolume[]);
}

/** Forgets them when the app goes. */
export function forgetAnonymousVolumes(ctx: Pick<RunContext, 'store' | 'app'>, services: Iterable<string>): void {
  for (const service of services) ctx.store.putSetting(key(ctx.app, service), '');
}
