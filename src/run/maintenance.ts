import { BerthError } from '../errors/index.ts';
import type { AppEdge } from '../model/index.ts';
import { ownerOf, setMaintenance } from '../plan/index.ts';
import type { RunContext } from './deps.ts';

/** What `berth maintenance` asks for; no services means all that are reached from outside. */
export type MaintenanceRequest = { readonly services: readonly string[]; readonly on: boolean; readonly page?: string | undefined };

/**
 * Lets the edge answer for services, or gives their requests back to them; answers which services of the app are in maintenance
 * now. It is part of what the app wants of the edge, so it outlives rollouts, reloads and reboots.
 */
export async function changeMaintenance(ctx: RunContext, request: MaintenanceRequest): Promise<string[]> {
  const edge = ctx.store.getEdge(ctx.app);
  const reached = new Set((edge?.listeners ?? []).flatMap((l) => servicesOf(edge, l)));
  const missing = request.services.find((name) => !reached.has(name));
  if (missing !== undefined || reached.size === 0) {
    const who = missing === undefined ? `No service of ${ctx.app} is` : `${missing} is not`;
    throw new BerthError('USAGE', `${who} reached from outside, so nobody would see its maintenance.`, {
      hint: reached.size === 0 ? 'Publish a port or give a service routes.' : `These are: ${[...reached].toSorted().join(', ')}.`,
    });
  }
  const services = request.services.length === 0 ? [...reached] : request.services;
  await ctx.edge.change(ctx.app, (before) =>
    services.reduce(
      (all, name) => setMaintenance(all, [name], request.on ? { page: request.page ?? pageOf(ctx, name) } : undefined),
      before,
    ),
  );
  return inMaintenance(ctx);
}

/** The page that the current release's file names for a service. */
function pageOf({ store, app }: RunContext, service: string): string | undefined {
  const current = store.getApp(app)?.currentRelease;
  const release = current === undefined ? undefined : store.getRelease(app, current);
  return release?.project.services.find((s) => s.name === service)?.maintenancePage;
}

/** The services of an app that the edge answers for. */
export function inMaintenance(ctx: Pick<RunContext, 'store' | 'app'>): string[] {
  return Object.keys(ctx.store.getEdge(ctx.app)?.maintenance ?? {}).toSorted();
}

function servicesOf(edge: AppEdge | undefined, l: AppEdge['listeners'][number]): string[] {
  const owner = edge === undefined ? undefined : ownerOf(edge, l);
  return owner === undefined ? [] : [owner];
}
