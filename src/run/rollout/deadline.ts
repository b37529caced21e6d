import { BerthError } from '../../errors/index.ts';
import type { Action } from '../../model/index.ts';
import type { Clock } from '../../ports/index.ts';

const minute = 60_000;

/** The longest that a step may take before it counts as failed, in milliseconds; engine restarts are waited for inside. */
export function deadlineMs(action: Action): number {
  switch (action.kind) {
    case 'image.pull':
    case 'image.build':
    case 'job.run':
      return 120 * minute;
    case 'instance.probe':
      return action.probe.withinMs + action.monitorMs + 3 * minute;
    case 'instance.stop':
      return action.graceMs + 3 * minute;
    case 'edge.drain':
    case 'front.drain':
      return Math.max(action.drainMs, action.longDrainMs) + 3 * minute;
    case 'instance.quiet':
      return action.drainMs + 3 * minute;
    case 'wait':
    case 'watch':
      return action.ms + 5 * minute;
    case 'edge.routes':
    case 'edge.add':
    case 'edge.forget':
    case 'front.open':
    case 'front.add':
    case 'front.settle':
    case 'front.remove':
      // The first use of a proxy may have to make HAProxy's image.
      return 10 * minute;
    case 'certificate.ensure':
    case 'certificate.order':
    case 'network.ensure':
    case 'network.remove':
    case 'volume.ensure':
    case 'volume.remove':
    case 'instance.create':
    case 'instance.start':
    case 'instance.remove':
    case 'instance.name':
    case 'release.promote':
      return 3 * minute;
  }
}

/** Runs work with a deadline of its own; what does not end in time is aborted and fails. */
export async function withDeadline<T>(
  clock: Clock,
  limit: { readonly ms: number; readonly what: string; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const ended = new AbortController();
  const timer = clock.sleep(limit.ms, ended.signal).then(
    () => late.abort(new BerthError('STEP_TIMEOUT', `${limit.what} did not end within ${Math.round(limit.ms / 1000)} s.`)),
    () => undefined,
  );
  try {
    return await work(AbortSignal.any([limit.signal, late.signal]));
  } finally {
    ended.abort();
    await timer;
  }
}
