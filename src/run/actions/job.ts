import { BerthError } from '../../errors/index.ts';
import { explainExit, labels, type Action, type Instance } from '../../model/index.ts';
import type { ContainerSummary } from '../../ports/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { containerFor } from '../target/container-for.ts';
import { gatherEvidence } from '../target/evidence.ts';
import { toInstance } from '../target/instances.ts';
import { isOurs } from './instance.ts';

/**
 * Runs a job or release command to its end, once per release: its container has a name that the release decides, and
 * is kept, so a resumed rollout waits for it or reads its exit code and never runs it again.
 */
export async function runJob(
  ctx: RunContext,
  side: Side,
  action: Extract<Action, { kind: 'job.run' }>,
  signal: AbortSignal,
): Promise<{ note: string }> {
  const { engine } = ctx.target;
  let details = await engine.inspectContainer(action.container, signal);
  if (details !== undefined && !isOurs(ctx, details)) {
    throw new BerthError('ENGINE_CONFLICT', `A container ${action.container} exists that is not of this installation.`, {
      hint: `Remove it with \`docker rm ${action.container}\`.`,
    });
  }
  if (details === undefined) {
    const { body, connect } = await containerFor(ctx, side, { service: action.service, name: action.container, role: action.role }, signal);
    const id = await engine.createContainer(action.container, body, signal);
    for (const c of connect) await engine.connectNetwork(c.network, id, c.endpoint, signal);
    details = await engine.inspectContainer(action.container, signal);
  }
  if (details === undefined) throw new BerthError('INSTANCE_NOT_FOUND', `${action.container} was removed while it was being made.`);
  if (details.state === 'created') await engine.startContainer(details.id, signal);
  const exitCode =
    details.state === 'exited' || details.state === 'dead' ? details.exitCode : await engine.waitContainer(details.id, signal);
  if (exitCode === 0) return { note: 'exit 0' };
  const evidence = await gatherEvidence(ctx, {
    instance: action.container,
    gate: action.role === 'job' ? 'the job must end well' : 'the release command must end well',
    probes: [],
    port: undefined,
  });
  const what = action.role === 'job' ? `Job ${action.service}` : `The release command of ${action.service}`;
  throw new BerthError('RELEASE_COMMAND_FAILED', `${what} failed: ${explainExit(exitCode, false)}.`, { details: { evidence } });
}

/** Containers of jobs and release commands of an app. */
export async function listJobs(ctx: Pick<RunContext, 'target' | 'store' | 'app'>, signal?: AbortSignal): Promise<ContainerSummary[]> {
  const base = { [labels.app]: ctx.app, [labels.installation]: ctx.store.installation };
  const lists = await Promise.all(
    (['job', 'release'] as const).map((role) =>
      ctx.target.engine.listContainers({ labels: { ...base, [labels.role]: role }, all: true }, signal),
    ),
  );
  return lists.flat();
}

/** The newest run of each job, with the container that was kept of it. */
export async function lastJobs(ctx: Pick<RunContext, 'target' | 'store' | 'app'>, signal?: AbortSignal): Promise<Instance[]> {
  const jobs = (await listJobs(ctx, signal)).filter((job) => job.labels[labels.role] === 'job');
  const oldestFirst = jobs.toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  const last = new Map(oldestFirst.map((job) => [job.labels[labels.service], job]));
  const details = await Promise.all([...last.values()].map((job) => ctx.target.engine.inspectContainer(job.id, signal)));
  return details.flatMap((d) => (d === undefined ? [] : [toInstance(d)]));
}

/** Removes the kept containers of jobs and release commands, of one release or of all. */
export async function removeJobs(
  ctx: Pick<RunContext, 'target' | 'store' | 'app' | 'clock'>,
  release: number | undefined,
  signal?: AbortSignal,
): Promise<void> {
  for (const job of await listJobs(ctx, signal)) {
    if (release !== undefined && job.labels[labels.release] !== String(release)) continue;
    await ctx.target.engine.removeContainer(job.id, { force: true, volumes: true }, signal);
    ctx.store.freeAddresses(job.name, ctx.clock.now());
  }
}
