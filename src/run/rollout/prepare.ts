import type { Plan, Project, Service } from '../../model/index.ts';
import { hasEdge } from '../../plan/index.ts';
import type { Side } from '../deps.ts';
import { pinBuildSecrets } from '../target/build-secrets.ts';
import { findImages, type ImageWish } from './images.ts';
import { awayMs, type StepRunner } from './step-runner.ts';

/** The services that were named, or all. */
export function chosenServices(project: Project, names: readonly string[]): Service[] {
  return project.services.filter((s) => names.length === 0 || names.includes(s.name));
}

/** Makes the proxies' image beside the app's own. A failure shows, with its reason, when a proxy is first changed. */
export async function prepareProxies(run: StepRunner, services: readonly Service[]): Promise<void> {
  const { dataPlane } = run.ctx.target;
  if (services.some((s) => hasEdge(s) || mayHaveFront(s))) await dataPlane.prepare(run.halt.signal).catch(() => undefined);
}

/** Pulls and builds what is missing; answers the image id of each service. */
export async function prepareImages(
  run: StepRunner,
  of: { readonly project: Project; readonly services: readonly Service[]; readonly wish: ImageWish },
): Promise<Map<string, string>> {
  const { project, services, wish } = of;
  const { ctx, halt } = run;
  const needs = await run.patiently(() => findImages(ctx, services, wish, halt.signal), awayMs.forward);
  const ids = new Map(needs.known);
  if (needs.steps.length === 0) return ids;
  const secrets = await pinBuildSecrets(ctx, { project, services, steps: needs.steps }, { keep: true, signal: halt.signal });
  const side: Side = { release: 0, project, images: {}, services: new Map(), pins: new Map(), secrets };
  const plan: Plan = { app: ctx.app, release: 0, services: [], steps: needs.steps, warnings: [] };
  await run.execute(side, plan, {
    onResult: ({ action }, result) => {
      if ('service' in action && action.service !== undefined && hasImageId(result)) ids.set(action.service, result.imageId);
    },
  });
  return ids;
}

/** Before images are there, ports that only they expose are not known. */
function mayHaveFront(service: Service): boolean {
  return service.internal !== 'dns' && (service.port !== undefined || service.expose.length > 0 || service.ports.length > 0);
}

function hasImageId(result: unknown): result is { readonly imageId: string } {
  return typeof result === 'object' && result !== null && 'imageId' in result && typeof result.imageId === 'string';
}
