import type { SessionRequest } from '../contract/index.ts';
import { BerthError } from '../errors/index.ts';
import type { Project, ReleaseImage } from '../model/index.ts';
import { containerFor } from './target/container-for.ts';
import type { RunContext, Side } from './deps.ts';
import { needCurrentRelease, needServices } from './rollout/goal.ts';
import { buildImage, pullImage } from './actions/image.ts';
import { ensureNetwork, networksOf } from './target/addressing.ts';
import { findImages, toReleaseImages } from './rollout/images.ts';
import { look } from './target/observe.ts';
import { pinBuildSecrets } from './target/build-secrets.ts';
import { pinSecrets, releaseSecrets } from './target/secrets.ts';
import { makeSide, sideInputOf, toDesiredState } from './target/side.ts';
import { ensureVolume } from './target/volumes.ts';
import { buildable } from './deps.ts';
import type { OneOff } from './runner.ts';

/**
 * Creates the container of `berth run`: the service's image, environment, networks and volumes, another command, no
 * traffic, no restart. It is not started; `cleanup` removes it.
 */
export async function createOneOff(ctx: RunContext, request: SessionRequest): Promise<OneOff> {
  const signal = new AbortController().signal;
  const side = await sideFor(ctx, request, signal);
  await ensureGround(ctx, side, signal);
  const name = `${ctx.app}-${request.service}-${ctx.rolloutId}`;
  const { body, connect } = await containerFor(
    ctx,
    side,
    {
      service: request.service,
      name,
      role: 'run',
      oneOff: {
        command: request.command,
        tty: request.tty,
        stdin: request.stdin,
        user: request.user,
        workingDir: request.workingDir,
        environment: request.environment,
      },
    },
    signal,
  );
  const { engine } = ctx.target;
  const containerId = await engine.createContainer(name, body, signal);
  for (const c of connect) await engine.connectNetwork(c.network, containerId, c.endpoint, signal);
  const cleanup = async (): Promise<void> => {
    await engine.removeContainer(containerId, { force: true, volumes: true });
    ctx.store.freeAddresses(name, ctx.clock.now());
  };
  return { name, cleanup };
}

async function sideFor(ctx: RunContext, request: SessionRequest, signal: AbortSignal): Promise<Side> {
  if (request.deployment === undefined) {
    const release = needCurrentRelease(ctx.store, ctx.app);
    needServices(release, [request.service]);
    return makeSide(ctx, sideInputOf(release, {}), signal);
  }
  const { project } = request.deployment;
  needServices({ project }, [request.service]);
  const images = await imagesFor(ctx, project, request.service, signal);
  const { pins: secrets } = await pinSecrets(ctx, project, { names: releaseSecrets(project), keep: true, signal });
  return makeSide(ctx, { release: 0, project, images, pins: ctx.store.getPins(ctx.app), secrets, replicas: {}, force: [] }, signal);
}

async function imagesFor(ctx: RunContext, project: Project, name: string, signal: AbortSignal): Promise<Record<string, ReleaseImage>> {
  const services = project.services.filter((s) => s.name === name);
  const needs = await findImages(ctx, services, { build: 'auto', pull: 'as-written' }, signal);
  const secrets = await pinBuildSecrets(ctx, { project, services, steps: needs.steps }, { keep: true, signal });
  const side = { release: 0, secrets };
  const ids = new Map(needs.known);
  for (const { id: step, action } of needs.steps) {
    const [service] = services;
    const wanted = service === undefined ? undefined : buildable(service);
    if (action.kind === 'image.pull')
      ids.set(name, (await pullImage(ctx, { action, step, platform: service?.container.platform }, signal)).imageId);
    else if (wanted !== undefined) ids.set(name, (await buildImage(ctx, { buildable: wanted, side, step, always: false }, signal)).imageId);
  }
  if (!ids.has(name)) throw new BerthError('IMAGE_NOT_FOUND', `There is no image for ${name}.`);
  return toReleaseImages(ctx.app, project, 0, ids);
}

/** Networks and volumes that a one-off command needs may not be there before the first `up`. */
async function ensureGround(ctx: RunContext, side: Side, signal: AbortSignal): Promise<void> {
  const sight = await look(ctx, side, signal);
  const desired = toDesiredState(ctx, side, sight.networks);
  for (const network of networksOf(ctx.app, side.project)) {
    if (desired.networks.includes(network.key)) await ensureNetwork(ctx, network, signal);
  }
  for (const volume of desired.volumes) await ensureVolume(ctx, side, volume, signal);
}
