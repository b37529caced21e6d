import { BerthError } from '../../errors/index.ts';
import type { Action, Pin, Step } from '../../model/index.ts';
import { addToEdge, applyRoutes, drainFromEdge, forgetOnEdge } from '../actions/edge.ts';
import { addToFrontOf, drainFromFront, openFrontOf, removeFront, settleFrontOf } from '../actions/front.ts';
import { ensureCertificate, orderForService } from '../actions/certificate.ts';
import { buildImage, pullImage } from '../actions/image.ts';
import { createInstance, removeInstance, startInstance, stopInstance } from '../actions/instance.ts';
import { runJob } from '../actions/job.ts';
import { probeInstance } from '../actions/probe.ts';
import { leaveNames, takeNamesBack } from '../actions/names.ts';
import { awaitQuiet } from '../actions/quiet.ts';
import { watchRelease } from '../actions/watch.ts';
import { ensureNetwork, networksOf, removeNetwork } from '../target/addressing.ts';
import { buildable, type RunContext, type Side } from '../deps.ts';
import { ensureVolume } from '../target/volumes.ts';

/** What only the rollout itself can do: keep a finding, make a release the current one. */
export type RolloutHooks = {
  readonly onPin: (service: string, pin: Pin) => void;
  readonly onPromote: () => void;
  readonly alwaysBuild: boolean;
};

/** What doing a step needs. */
export type Performing = { readonly ctx: RunContext; readonly side: Side; readonly hooks: RolloutHooks };

/** Does one step. Every branch looks before it does, so that the same step can be done again after a crash. */
export async function performStep({ ctx, side, hooks }: Performing, step: Step, signal: AbortSignal): Promise<unknown> {
  const { action } = step;
  const { engine } = ctx.target;
  switch (action.kind) {
    case 'image.pull':
      return pullImage(ctx, { action, step: step.id, platform: serviceOf(side, action.service).container.platform }, signal);
    case 'image.build': {
      const wanted = buildable(serviceOf(side, action.service));
      if (wanted === undefined) throw new BerthError('INTERNAL', `${action.service} has nothing to build.`);
      return buildImage(ctx, { buildable: wanted, side, step: step.id, always: hooks.alwaysBuild }, signal);
    }
    case 'network.ensure':
      return ensureNetwork(ctx, networkOf(ctx, side, action.network), signal);
    case 'network.remove':
      return removeNetwork(ctx, action.network, signal);
    case 'volume.ensure':
      return ensureVolume(ctx, side, action.volume, signal);
    case 'volume.remove':
      return engine.removeVolume(action.volume, signal);
    case 'job.run':
      return runJob(ctx, side, action, signal);
    case 'instance.create':
      return createInstance(ctx, side, action, signal);
    case 'instance.start':
      return startInstance(ctx, side, action, signal);
    case 'instance.probe': {
      const result = await probeInstance(ctx, side, action, signal);
      if (result.pin !== undefined) hooks.onPin(action.service, result.pin);
      return result;
    }
    case 'instance.stop':
      return stopInstance(ctx, side, action, signal);
    case 'instance.remove':
      return removeInstance(ctx, action, signal);
    case 'certificate.ensure':
    case 'certificate.order':
    case 'edge.routes':
    case 'edge.add':
    case 'edge.drain':
    case 'edge.forget':
    case 'front.open':
    case 'front.add':
    case 'front.drain':
    case 'front.settle':
    case 'front.remove':
    case 'instance.quiet':
    case 'instance.name':
      return performOnTraffic(ctx, side, action, signal);
    case 'wait':
      return ctx.clock.sleep(action.ms, signal);
    case 'watch':
      return watchRelease(ctx, side, action, signal);
    case 'release.promote':
      return hooks.onPromote();
  }
}

type OnTraffic = Extract<Action, { kind: `${'certificate' | 'edge' | 'front'}.${string}` | 'instance.quiet' | 'instance.name' }>;

/** The steps on what carries traffic. */
async function performOnTraffic(ctx: RunContext, side: Side, action: OnTraffic, signal: AbortSignal): Promise<unknown> {
  switch (action.kind) {
    case 'certificate.ensure':
      return ensureCertificate(ctx, serviceOf(side, action.service));
    case 'certificate.order':
      return orderForService(ctx, serviceOf(side, action.service), signal);
    case 'edge.routes':
      return applyRoutes(ctx, side, action, signal);
    case 'edge.add':
      return addToEdge(ctx, side, action, signal);
    case 'edge.drain':
      return drainFromEdge(ctx, action, signal);
    case 'edge.forget':
      return forgetOnEdge(ctx, action, signal);
    case 'front.open':
      return openFrontOf(ctx, side, action, signal);
    case 'front.add':
      return addToFrontOf(ctx, side, action, signal);
    case 'front.drain':
      return drainFromFront(ctx, action, signal);
    case 'front.settle':
      return settleFrontOf(ctx, side, action, signal);
    case 'front.remove':
      return removeFront(ctx, action, signal);
    case 'instance.quiet':
      return awaitQuiet(ctx, action, signal);
    case 'instance.name':
      return action.holder === 'front' ? leaveNames(ctx, action, signal) : takeNamesBack(ctx, side, action, signal);
  }
}

function serviceOf(side: Side, name: string) {
  const service = side.project.services.find((s) => s.name === name);
  if (service === undefined) throw new BerthError('INTERNAL', `Release ${side.release} has no service ${name}.`);
  return service;
}

function networkOf(ctx: RunContext, side: Side, key: string) {
  const network = networksOf(ctx.app, side.project).find((n) => n.key === key);
  if (network === undefined) throw new BerthError('INTERNAL', `Release ${side.release} has no network ${key}.`);
  return network;
}
