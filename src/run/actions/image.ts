import { BerthError } from '../../errors/index.ts';
import { labels, type Action, type RolloutEvent } from '../../model/index.ts';
import type { BuildInput } from '../../ports/index.ts';
import type { Buildable, RunContext, Side } from '../deps.ts';
import { fillBuildSecrets } from '../target/build-secrets.ts';

type Progress = (message: string, current?: number, total?: number) => void;

/** Reports a step's progress at most five times a second: every event is written to disk. */
export function progressOf(ctx: RunContext, step: string): Progress {
  let lastMs = -Infinity;
  return (message, current, total) => {
    const now = ctx.clock.monotonic();
    if (now - lastMs < 200) return;
    lastMs = now;
    const event: RolloutEvent = { type: 'step.progress', step, message, current, total };
    ctx.events.emit(ctx.rolloutId, ctx.app, event);
  };
}

/** berth's own repository name for a service's images: lower-case, as references must be. */
export function ownRepository(app: string, service: string): string {
  const part = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '');
  return `berth/${part(app)}-${part(service)}`;
}

/** The tag of a service's newest build, before it is a release's. */
export function buildTag(app: string, service: string): string {
  return `${ownRepository(app, service)}:build`;
}

/** What the builder is asked for. */
export function buildInput(ctx: RunContext, { service, build }: Buildable): BuildInput {
  if (ctx.buildEnvironment === undefined) throw new BerthError('INTERNAL', `Nothing was sent to build ${service.name} with.`);
  return {
    app: ctx.app,
    service: service.name,
    build,
    environment: ctx.buildEnvironment,
    labels: { [labels.app]: ctx.app, [labels.service]: service.name, [labels.installation]: ctx.store.installation },
    tag: buildTag(ctx.app, service.name),
  };
}

/** Builds a service's image unless an equal build is on the engine. */
export async function buildImage(
  ctx: RunContext,
  input: { buildable: Buildable; side: Pick<Side, 'release' | 'secrets'>; step: string; always: boolean },
  signal: AbortSignal,
): Promise<{ imageId: string; note?: string }> {
  const wanted = buildInput(ctx, input.buildable);
  const found = input.always ? undefined : await ctx.target.builder.find(wanted, signal);
  if (found !== undefined) return { imageId: found.imageId, note: 'unchanged' };
  const progress = progressOf(ctx, input.step);
  const secrets = await fillBuildSecrets(ctx, input.side, wanted.build);
  return ctx.target.builder.build({ ...wanted, secrets }, (p) => progress(p.message, p.step, p.steps), signal);
}

/** Pulls an image with the credentials that the CLI sent for its registry. */
export async function pullImage(
  ctx: RunContext,
  input: { action: Extract<Action, { kind: 'image.pull' }>; step: string; platform: string | undefined },
  signal: AbortSignal,
): Promise<{ imageId: string }> {
  const { reference } = input.action;
  const progress = progressOf(ctx, input.step);
  await ctx.target.engine.pullImage(
    { reference, platform: input.platform, auth: ctx.auths[registryHost(reference)] },
    (p) => progress(p.status, p.current, p.total),
    signal,
  );
  const image = await ctx.target.engine.inspectImage(reference, signal);
  if (image === undefined) throw new BerthError('IMAGE_NOT_FOUND', `The engine pulled ${reference} but does not have it.`);
  return { imageId: image.id };
}

/** The registry of an image reference, as `docker login` names it. */
export function registryHost(reference: string): string {
  const first = reference.split('/')[0] ?? '';
  const isHost = reference.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
  return isHost ? first : 'docker.io';
}
