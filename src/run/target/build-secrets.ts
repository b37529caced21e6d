import type { Build, Project, Service, Step } from '../../model/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { pinSecrets, readPinned } from './secrets.ts';

/** Services, and the steps that make their images. */
export type Building = { readonly project: Project; readonly services: readonly Service[]; readonly steps: readonly Step[] };

/**
 * The versions of the secrets that the builds among some steps mount. No release pins them: an image that is there needs
 * them no more, and another value builds nothing anew, as in BuildKit.
 */
export async function pinBuildSecrets(
  ctx: RunContext,
  { project, services, steps }: Building,
  options: { readonly keep: boolean; readonly signal: AbortSignal },
): Promise<Side['secrets']> {
  const built = new Set(steps.flatMap(({ action }) => (action.kind === 'image.build' ? action.service : [])));
  const names = new Set(services.flatMap(({ name, build }) => (build !== undefined && built.has(name) ? namesOf(build) : [])));
  return (await pinSecrets(ctx, project, { names, ...options })).pins;
}

/** The values that a build mounts, at the last moment before it runs. */
export async function fillBuildSecrets(
  ctx: RunContext,
  side: Pick<Side, 'release' | 'secrets'>,
  build: Build,
): Promise<Record<string, Uint8Array>> {
  const values: Record<string, Uint8Array> = {};
  for (const name of namesOf(build)) values[name] = await readPinned(ctx, side, name);
  return values;
}

function namesOf({ secrets }: Build): string[] {
  return secrets.flatMap((secret) => ('secret' in secret ? secret.secret : []));
}
