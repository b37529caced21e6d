import { BerthError } from '../../errors/index.ts';
import type { Plan, Project, ReleaseImage, Service, Step } from '../../model/index.ts';
import type { Store } from '../../ports/index.ts';
import { buildInput, buildTag, ownRepository } from '../actions/image.ts';
import { buildable, type RunContext } from '../deps.ts';

/** Which images a rollout needs that the engine does not have, and which it has. */
export type ImageNeeds = { readonly steps: readonly Step[]; readonly known: ReadonlyMap<string, string> };

/** How far a rollout goes for images. */
export type ImageWish = { readonly build: 'auto' | 'always' | 'never'; readonly pull: 'as-written' | 'always' };

/** Looks for the image of every service: builds are found by their hash, references by their name. */
export async function findImages(ctx: RunContext, services: readonly Service[], wish: ImageWish, signal: AbortSignal): Promise<ImageNeeds> {
  const known = new Map<string, string>();
  const steps: Step[] = [];
  const found = await Promise.all(services.map(async (s) => ({ s, id: await findImage(ctx, s, wish, signal) })));
  for (const { s, id } of found) {
    if (id !== undefined) {
      known.set(s.name, id);
      continue;
    }
    const isBuilt = s.build !== undefined;
    if (isBuilt && wish.build === 'never')
      throw new BerthError('IMAGE_NOT_FOUND', `The source of ${s.name} changed and --no-build forbids to build it.`, {
        hint: 'Leave --no-build out.',
      });
    const action = isBuilt
      ? ({ kind: 'image.build', service: s.name, hash: s.build?.hash ?? '' } as const)
      : ({ kind: 'image.pull', service: s.name, reference: s.image ?? '' } as const);
    steps.push({
      id: `image-${s.name}`,
      action,
      reason: isBuilt ? 'its source changed or was never built' : 'the engine does not have it',
      needs: [],
    });
  }
  return { steps, known };
}

async function findImage(ctx: RunContext, service: Service, wish: ImageWish, signal: AbortSignal): Promise<string | undefined> {
  const wanted = buildable(service);
  if (wanted !== undefined) {
    if (wish.build === 'always' || service.pullPolicy === 'build') return undefined;
    return (await ctx.target.builder.find(buildInput(ctx, wanted), signal))?.imageId;
  }
  if (service.image === undefined) throw new BerthError('FILE_INVALID', `${service.name} has neither an image nor a build.`);
  if (wish.pull === 'always' || service.pullPolicy === 'always') return undefined;
  const image = await ctx.target.engine.inspectImage(service.image, signal);
  if (image === undefined && service.pullPolicy === 'never') {
    throw new BerthError('IMAGE_NOT_FOUND', `${service.name}: the engine has no image ${service.image}, and pull_policy is never.`, {
      hint: 'Load it with `docker load`, or change pull_policy.',
    });
  }
  return image?.id;
}

/** The images of a release from their ids. */
export function toReleaseImages(
  app: string,
  project: Project,
  release: number,
  ids: ReadonlyMap<string, string>,
): Record<string, ReleaseImage> {
  const entries = project.services.flatMap((s): [string, ReleaseImage][] => {
    const id = ids.get(s.name);
    if (id === undefined) return [];
    return [[s.name, { id, tag: `${ownRepository(app, s.name)}:r${release}`, source: s.image ?? `built from ${s.build?.context ?? '?'}` }]];
  });
  return Object.fromEntries(entries);
}

/** Every tag that berth gave to an app's images: those of its releases, and those of its builds. */
export function imageTags(store: Pick<Store, 'listReleases'>, app: string): string[] {
  const releases = store.listReleases(app);
  const built = releases.flatMap((r) => r.project.services.filter((s) => s.build !== undefined).map((s) => buildTag(app, s.name)));
  return [...new Set([...releases.flatMap((r) => Object.values(r.images).map((image) => image.tag)), ...built])];
}

/** Gives every image of a release berth's own tag, so that nothing else's clean-up takes it away. */
export async function tagImages(ctx: RunContext, images: Readonly<Record<string, ReleaseImage>>, signal: AbortSignal): Promise<void> {
  for (const image of Object.values(images)) {
    const split = image.tag.lastIndexOf(':');
    await ctx.target.engine.tagImage(image.id, image.tag.slice(0, split), image.tag.slice(split + 1), signal);
  }
}

/** Throws RELEASE_IMAGE_GONE when an image of a release is no longer on the engine. */
export async function needImages(
  ctx: Pick<RunContext, 'target'>,
  input: { release: number; images: Readonly<Record<string, ReleaseImage>> },
  signal?: AbortSignal,
): Promise<void> {
  for (const [service, image] of Object.entries(input.images)) {
    if ((await ctx.target.engine.inspectImage(image.id, signal)) !== undefined) continue;
    const isBuilt = image.source.startsWith('built from ');
    throw new BerthError(
      'RELEASE_IMAGE_GONE',
      `Release ${input.release} cannot be brought back: the image of ${service} (${image.source}) is no longer on the engine.`,
      {
        hint: isBuilt
          ? 'Check out the source of that release and run `berth up` to build it again.'
          : `Pull it again with \`docker pull ${image.source}\`, then run \`berth up\` with that image in the file.`,
      },
    );
  }
}

/** A plan that only has image steps before what follows. */
export function withImageSteps(plan: Plan, steps: readonly Step[]): Plan {
  const ids = steps.map((s) => s.id);
  return { ...plan, steps: [...steps, ...plan.steps.map((s) => ({ ...s, needs: [...ids, ...s.needs] }))] };
}
