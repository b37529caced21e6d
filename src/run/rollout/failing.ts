import { BerthError } from '../../errors/index.ts';
import { StepFailure } from './executor.ts';
import { goBack } from './going-back.ts';
import type { StepRunner } from './step-runner.ts';

/** Decides what a failure means: nothing was changed yet, or the way back has to be gone. */
export async function endFailed(run: StepRunner, error: BerthError, thrown: unknown): Promise<void> {
  const { ctx, request } = run;
  const hasChanged = ctx.store.listJournal(ctx.rolloutId).some((e) => !e.step.action.kind.startsWith('image.'));
  if (!hasChanged || request.kind === 'pull' || request.kind === 'build') {
    const own = run.ownRelease();
    if (own !== undefined) ctx.store.putRelease({ ...own, state: 'failed' });
    run.end({
      state: error.code === 'CANCELLED' ? 'cancelled' : 'reverted',
      error: error.toJSON(),
      exitCode: error.exitCode,
      unchanged: true,
    });
    return;
  }
  if (request.kind === 'stop' || request.kind === 'down') {
    stay(run, error, `The app is partly ${request.kind === 'stop' ? 'stopped' : 'taken down'}.`, `Run \`berth ${request.kind}\` again.`);
    return;
  }
  if (error.code !== 'CANCELLED' && failureAction(run, thrown) === 'pause') {
    stay(
      run,
      error,
      'failure_action is pause: both releases stay as they are.',
      'Mend it and run `berth up`, or go back with `berth rollback`.',
    );
    return;
  }
  await goBack(run, error);
}

/** Ends where it is, in neither the old nor the new state. */
function stay(run: StepRunner, error: BerthError, why: string, hint: string): void {
  const stuck = new BerthError('NOT_REVERTED', `${error.message} ${why}`, { hint, details: error.details });
  run.end({ state: 'failed', error: stuck.toJSON(), exitCode: stuck.exitCode, unchanged: false });
}

function failureAction(run: StepRunner, thrown: unknown): string {
  const action = thrown instanceof StepFailure ? thrown.step.action : undefined;
  if (action === undefined || !('service' in action)) return 'rollback';
  const release = run.ownRelease() ?? run.currentRelease();
  return release?.project.services.find((s) => s.name === action.service)?.rollout.failureAction ?? 'rollback';
}
