import type { RolloutRequest } from '../../contract/index.ts';
import type { Plan, Project } from '../../model/index.ts';
import { planRollout, withDependencies, type PlanOptions } from '../../plan/index.ts';
import { assignPorts } from './assign-ports.ts';
import type { RunContext, Side } from '../deps.ts';
import { needCurrentRelease, rollbackTarget } from './goal.ts';
import { withLastingCertificates } from './lasting-certificates.ts';
import { findImages, needImages, toReleaseImages, withImageSteps, type ImageNeeds } from './images.ts';
import { planLifecycle } from './lifecycle.ts';
import { look, observe } from '../target/observe.ts';
import { preflight } from './preflight.ts';
import { keepSecretPairs } from '../certificate/secret-pairs.ts';
import { pinBuildSecrets } from '../target/build-secrets.ts';
import { pinSecrets, releaseSecrets } from '../target/secrets.ts';
import { makeSide, sideInputOf, toDesiredState } from '../target/side.ts';

/** The plan that a request would run now. An image that is still to be built or pulled counts as changed. */
export async function draftPlan(ctx: RunContext, request: RolloutRequest, signal: AbortSignal): Promise<Plan> {
  switch (request.kind) {
    case 'stop':
    case 'down':
      return (await planLifecycle(ctx, request, signal)).plan;
    case 'pull':
    case 'build': {
      const { project } = request.deployment;
      const wanted = project.services.filter(
        (s) =>
          (request.services.length === 0 || request.services.includes(s.name)) && (request.kind === 'build') === (s.build !== undefined),
      );
      const needs = await findImages(ctx, wanted, { build: 'always', pull: 'always' }, signal);
      return { app: ctx.app, release: 0, services: [], steps: needs.steps, warnings: [] };
    }
    case 'up':
      return draftUp(ctx, request, signal);
    case 'rollback': {
      const now = needCurrentRelease(ctx.store, ctx.app).project;
      const { release: target } = await withLastingCertificates(ctx, rollbackTarget(ctx.store, ctx.app, request.to), now);
      await needImages(ctx, { release: target.number, images: target.images }, signal);
      const side = await makeSide(ctx, { ...sideInputOf(target, {}), release: nextNumber(ctx) }, signal);
      return planFor(ctx, side, forward([]), signal);
    }
    case 'scale':
    case 'restart':
    case 'start': {
      const release = needCurrentRelease(ctx.store, ctx.app);
      const before = ctx.store.getApp(ctx.app)?.replicas ?? {};
      const replicas = request.kind === 'scale' ? { ...before, ...request.replicas } : before;
      const only = request.kind === 'scale' ? Object.keys(request.replicas) : request.services;
      const force = request.kind !== 'restart' ? [] : only.length > 0 ? only : release.project.services.map((s) => s.name);
      const side = await makeSide(ctx, { ...sideInputOf(release, replicas), force }, signal);
      return planFor(ctx, side, { ...forward(only), watch: request.kind === 'restart', promote: false }, signal);
    }
  }
}

async function draftUp(ctx: RunContext, request: Extract<RolloutRequest, { kind: 'up' }>, signal: AbortSignal): Promise<Plan> {
  const project = await assignPorts(ctx, request.deployment.project, { keep: false });
  const only = withDependencies(project.services, request.services);
  const services = project.services.filter((s) => only.length === 0 || only.includes(s.name));
  const needs = await findImages(ctx, services, { build: request.build, pull: 'as-written' }, signal);
  await pinBuildSecrets(ctx, { project, services, steps: needs.steps }, { keep: false, signal });
  const side = await draftSide(ctx, project, needs, signal);
  await preflight(ctx, side, only, signal);
  const plan = await planFor(ctx, side, { ...forward(only), promote: false }, signal);
  if (plan.steps.length === 0) return { ...plan, release: ctx.store.getApp(ctx.app)?.currentRelease ?? plan.release };
  return withImageSteps(await planFor(ctx, side, forward(only), signal), needs.steps);
}

async function draftSide(ctx: RunContext, asked: Project, needs: ImageNeeds, signal: AbortSignal): Promise<Side> {
  const release = nextNumber(ctx);
  const { pins: secrets, read } = await pinSecrets(ctx, asked, { names: releaseSecrets(asked), keep: false, signal });
  const { project } = await keepSecretPairs(ctx, asked, read);
  const images = toReleaseImages(ctx.app, project, release, needs.known);
  return makeSide(ctx, { release, project, images, pins: ctx.store.getPins(ctx.app), secrets, replicas: {}, force: [] }, signal);
}

function nextNumber(ctx: RunContext): number {
  return (ctx.store.listReleases(ctx.app)[0]?.number ?? 0) + 1;
}

const forward = (only: readonly string[]): PlanOptions => ({ direction: 'forward', only, keep: [], watch: true, promote: true });

async function planFor(ctx: RunContext, side: Side, options: PlanOptions, signal: AbortSignal): Promise<Plan> {
  const sight = await look(ctx, side, signal);
  return planRollout(toDesiredState(ctx, side, sight.networks), await observe(ctx, side, sight, signal), options);
}
