import { BerthError, toBerthError } from '../../errors/index.ts';
import type { RolloutRequest } from '../../contract/index.ts';
import type { Plan, Release } from '../../model/index.ts';
import { withDependencies } from '../../plan/index.ts';
import { keepFailed } from '../actions/instance.ts';
import { StepFailure } from './executor.ts';
import { planLifecycle } from './lifecycle.ts';
import { sideInputOf, type SideInput } from '../target/side.ts';
import { awayMs, type StepRunner } from './step-runner.ts';

/** How often going back is tried before the app is given up as not in a good state. */
const mostReturns = 6;

/** Brings the old release back (or, for a first release, takes the new one away) and ends the rollout. */
export async function goBack(run: StepRunner, error: BerthError): Promise<void> {
  const { ctx } = run;
  run.update({ state: 'reverting', error: error.toJSON() });
  const old = run.rollout.fromRelease === undefined ? undefined : ctx.store.getRelease(ctx.app, run.rollout.fromRelease);
  run.emit({ type: 'revert.started', why: error.message, toRelease: old?.number });
  let last: BerthError = error;
  for (let tries = 0; tries < mostReturns; tries++) {
    try {
      await goBackOnce(run, old, failedInstanceOf(error));
      endReturned(run, error);
      return;
    } catch (thrown) {
      if (run.suspend.signal.aborted) return;
      last = thrown instanceof StepFailure ? thrown.error : toBerthError(thrown);
      if (last.code === 'JOURNAL_FULL') break;
      run.emit({ type: 'notice', level: 'warning', message: `Going back failed: ${last.message}` });
      await ctx.clock.sleep(Math.min(10_000, 500 * 2 ** tries), run.suspend.signal);
    }
  }
  const stuck = new BerthError('NOT_REVERTED', `${error.message} Going back failed too: ${last.message}`, {
    hint: 'See `berth ps` for what runs; mend the cause, then run `berth up` or `berth rollback`.',
    cause: last,
  });
  run.end({ state: 'failed', error: { ...stuck.toJSON(), details: error.details }, exitCode: stuck.exitCode, unchanged: false });
}

async function goBackOnce(run: StepRunner, old: Release | undefined, failed: string | undefined): Promise<void> {
  const { ctx } = run;
  const keep = async (instance: string): Promise<void> => run.patiently(() => keepFailed(ctx, instance, run.suspend.signal), awayMs.back);
  // One that has traffic is needed until the old release has it all again.
  if (failed !== undefined && !hasTraffic(run, failed)) await keep(failed);
  // A change of a proxy whose answer was lost may have been made: from here on HAProxy is what the store says.
  await Promise.all([ctx.edge.restore(run.suspend.signal), ctx.fronts.restore(ctx.app, run.suspend.signal)]);
  const replicas = ctx.store.getApp(ctx.app)?.replicas ?? {};
  const side = await run.side(old === undefined ? nothing(run) : { ...sideInputOf(old, replicas), returning: true });
  await run.execute(side, await planBack(run, { side, old, failed }), { halt: run.suspend.signal });
  if (failed !== undefined) await keep(failed);
}

async function planBack(
  run: StepRunner,
  from: { side: Awaited<ReturnType<StepRunner['side']>>; old: Release | undefined; failed: string | undefined },
): Promise<Plan> {
  const { request, ctx } = run;
  const only = touched(request);
  if (request.kind === 'start')
    return (await planLifecycle(ctx, { kind: 'stop', app: ctx.app, services: [...only] }, run.suspend.signal)).plan;
  const keep = from.failed === undefined ? [] : [from.failed];
  return run.plan(from.side, { direction: 'back', only: from.old === undefined ? [] : only, keep, watch: false, promote: false });
}

/** The services that the rollout was about; none means all. */
function touched(request: RolloutRequest): string[] {
  if (request.kind === 'up') return withDependencies(request.deployment.project.services, request.services);
  if (request.kind === 'scale') return Object.keys(request.replicas);
  return 'services' in request ? request.services : [];
}

/** The state before a first release: none of its services. */
function nothing(run: StepRunner): SideInput {
  const { request } = run;
  const project = run.ownRelease()?.project ?? ('deployment' in request ? request.deployment.project : undefined);
  if (project === undefined) throw new BerthError('INTERNAL', 'There is no project to go back from.');
  return { release: 0, project: { ...project, services: [] }, images: {}, pins: {}, secrets: {}, replicas: {}, force: [], returning: true };
}

function endReturned(run: StepRunner, error: BerthError): void {
  const { store, app } = run.ctx;
  const release = run.ownRelease();
  const record = store.getApp(app);
  if (release !== undefined) store.putRelease({ ...release, state: 'failed' });
  if (release !== undefined && record?.currentRelease === release.number) {
    const before = run.rollout.fromRelease === undefined ? undefined : store.getRelease(app, run.rollout.fromRelease);
    if (before !== undefined) store.putRelease({ ...before, state: 'current' });
    store.putApp({ ...record, currentRelease: before?.number });
  }
  // The app is in a good state again, whatever the failure itself would have meant.
  const exitCode = error.exitCode === 3 || error.exitCode === 5 ? 1 : error.exitCode;
  run.end({ state: error.code === 'CANCELLED' ? 'cancelled' : 'reverted', error: error.toJSON(), exitCode, unchanged: false });
}

/** The instance that a failed gate is about; it is kept to be looked at. */
function failedInstanceOf(error: BerthError): string | undefined {
  const { evidence } = error.details;
  const isAboutInstance = error.code === 'GATE_FAILED' || error.code === 'WATCH_FAILED';
  if (!isAboutInstance || typeof evidence !== 'object' || evidence === null || !('instance' in evidence)) return undefined;
  return typeof evidence.instance === 'string' ? evidence.instance : undefined;
}

function hasTraffic(run: StepRunner, instance: string): boolean {
  const { store, app } = run.ctx;
  const proxies = [
    ...(store.getEdge(app)?.backends ?? []),
    ...store
      .listFronts()
      .filter((f) => f.app === app)
      .flatMap((f) => f.backends),
  ];
  return proxies.some((b) => b.servers.some((s) => s.name === instance));
}
