import { BerthError } from '../../errors/index.ts';
import { labels, type Action } from '../../model/index.ts';
import { updateOrder } from '../../plan/index.ts';
import type { ContainerDetails } from '../../ports/index.ts';
import { rememberAnonymousVolumes } from '../target/anonymous-volumes.ts';
import { containerFor } from '../target/container-for.ts';
import type { RunContext, Side } from '../deps.ts';
import { leaveEdge } from './edge.ts';
import { leaveFront } from './front.ts';
import { gatherEvidence } from '../target/evidence.ts';
import { isEngineAway } from '../target/engine-away.ts';

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** Whether a container was made by this installation. */
export function isOurs(ctx: Pick<RunContext, 'store'>, details: Pick<ContainerDetails, 'labels'>): boolean {
  return details.labels[labels.installation] === ctx.store.installation;
}

/** Creates an instance; one that this rollout created before is taken as it is, a leftover of the same name is replaced. */
export async function createInstance(
  ctx: RunContext,
  side: Side,
  action: Of<'instance.create'>,
  signal: AbortSignal,
): Promise<{ containerId: string }> {
  const { engine } = ctx.target;
  const found = await engine.inspectContainer(action.instance, signal);
  if (found !== undefined && !isOurs(ctx, found)) {
    throw new BerthError(
      'ENGINE_CONFLICT',
      `Could not create ${action.instance}: a container of that name exists that is not of this installation.`,
      {
        hint: `Remove or rename it: \`docker rename ${action.instance} ${action.instance}-old\`.`,
      },
    );
  }
  const isMine =
    found?.labels[labels.rollout] === ctx.rolloutId &&
    found.labels[labels.config] === action.config &&
    found.labels[labels.release] === String(side.release);
  const { body, connect } = await containerFor(ctx, side, { service: action.service, name: action.instance, role: 'instance' }, signal);
  if (found !== undefined && !isMine) await engine.removeContainer(found.id, { force: true }, signal);
  const containerId = isMine && found !== undefined ? found.id : await engine.createContainer(action.instance, body, signal);
  for (const c of connect) {
    if (found?.networks[c.network] === undefined || !isMine) await engine.connectNetwork(c.network, containerId, c.endpoint, signal);
  }
  return { containerId };
}

/** Starts an instance and runs its `post_start` hooks; what keeps it from starting is a failed gate with evidence. */
export async function startInstance(ctx: RunContext, side: Side, action: Of<'instance.start'>, signal: AbortSignal): Promise<void> {
  const { engine } = ctx.target;
  try {
    await engine.startContainer(action.instance, signal);
  } catch (thrown) {
    if (!(thrown instanceof BerthError) || isEngineAway(thrown) || thrown.code === 'CANCELLED') throw thrown;
    const evidence = await gatherEvidence(ctx, { instance: action.instance, gate: 'it must start', probes: [], port: undefined });
    throw new BerthError('GATE_FAILED', `${action.instance} could not be started: ${thrown.message}`, {
      cause: thrown,
      details: { evidence },
    });
  }
  for (const hook of side.services.get(action.service)?.service.container.postStart ?? []) {
    const result = await engine.exec(action.instance, hook, signal);
    if (result.exitCode === 0) continue;
    const evidence = await gatherEvidence(ctx, {
      instance: action.instance,
      gate: 'its post_start hook must end well',
      probes: [],
      port: undefined,
    });
    throw new BerthError(
      'GATE_FAILED',
      `${action.instance}: the post_start hook \`${hook.command.join(' ')}\` ended with ${result.exitCode}.`,
      { details: { evidence } },
    );
  }
}

/** Takes a drained instance out of edge and front, runs its `pre_stop` hooks and stops it; an absent or stopped one is fine. */
export async function stopInstance(
  ctx: RunContext,
  side: Side,
  action: Of<'instance.stop'>,
  signal: AbortSignal,
): Promise<{ note?: string }> {
  const { engine } = ctx.target;
  const leaving = { service: action.service, name: action.instance };
  await Promise.all([leaveEdge(ctx, leaving, signal), leaveFront(ctx, side, leaving, signal)]);
  const details = await engine.inspectContainer(action.instance, signal);
  if (details === undefined) return { note: 'already gone' };
  const s = side.services.get(action.service);
  if (s !== undefined && updateOrder(s).order === 'stop-first') rememberAnonymousVolumes(ctx, action.service, details);
  const notes: string[] = [];
  if (details.state === 'running') {
    for (const hook of s?.service.container.preStop ?? []) {
      const result = await engine.exec(details.id, hook, signal);
      if (result.exitCode !== 0) notes.push(`its pre_stop hook \`${hook.command.join(' ')}\` ended with ${result.exitCode}`);
    }
  }
  // With `always` the engine would start it again at the next boot, though it was asked to stop.
  if (details.restartPolicy.name === 'always') await engine.setRestartPolicy(details.id, { name: 'unless-stopped' }, signal);
  await engine.stopContainer(details.id, { graceMs: action.graceMs, signal: s?.service.stopSignal }, signal);
  return notes.length === 0 ? {} : { note: notes.join('; ') };
}

/** Removes an instance and gives its addresses back. Its anonymous volumes stay: data is never thrown away unasked. */
export async function removeInstance(ctx: RunContext, action: Of<'instance.remove'>, signal: AbortSignal): Promise<void> {
  const details = await ctx.target.engine.inspectContainer(action.instance, signal);
  if (details !== undefined && isOurs(ctx, details)) await ctx.target.engine.removeContainer(details.id, { force: true }, signal);
  ctx.store.freeAddresses(action.instance, ctx.clock.now());
}

/** Keeps a failed instance to be looked at: it is stopped and never started by the engine again. */
export async function keepFailed(ctx: RunContext, instance: string, signal: AbortSignal): Promise<void> {
  const { engine } = ctx.target;
  const details = await engine.inspectContainer(instance, signal);
  if (details === undefined || !isOurs(ctx, details)) return;
  await engine.setRestartPolicy(details.id, { name: 'no' }, signal);
  await engine.stopContainer(details.id, { graceMs: 3000 }, signal);
}
