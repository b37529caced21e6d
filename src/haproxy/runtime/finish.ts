import { BerthError } from '../../errors/index.ts';
import type { Clock } from '../../ports/index.ts';
import { readStreams } from './answers.ts';
import { type Leftover, type Reached, workersOf } from './retired.ts';

/** What finishing looks at and does. */
export type FinishDeps = {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly reach: (signal?: AbortSignal) => Promise<Reached | undefined>;
  /** Removes containers that have ended; answers how many have not. */
  readonly tidy: (signal?: AbortSignal) => Promise<number>;
  /** After how long an idle client of a HAProxy that was replaced is gone. */
  readonly keptMs: number;
};

/** A container ends soon after the last client of its HAProxy is gone. */
const endingMs = 10_000;

/** Waits as {@link DataPlane.finished} promises. */
export async function finish(deps: FinishDeps, withinMs: number, signal?: AbortSignal): Promise<{ readonly closed: number }> {
  const startMs = deps.clock.monotonic();
  let closed = 0;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
    const workers = await leftovers(deps, signal);
    const ending = await deps.tidy(signal);
    if (workers.length === 0 && ending === 0) return { closed };
    const elapsedMs = deps.clock.monotonic() - startMs;
    if (elapsedMs >= withinMs) for (const worker of workers) closed += await closeAll(worker, signal);
    if (elapsedMs >= withinMs + deps.keptMs + endingMs) {
      throw new BerthError('EDGE_FAILED', 'A HAProxy that was replaced does not end.', {
        details: { workers: workers.map((w) => w.name) },
      });
    }
    await deps.clock.sleep(pauseMs, signal);
  }
}

async function leftovers({ reach }: FinishDeps, signal: AbortSignal | undefined): Promise<Leftover[]> {
  const retired = (await reach(signal))?.retired ?? [];
  return (await Promise.all(retired.map((proxy) => workersOf(proxy, signal)))).flat();
}

async function closeAll({ ask }: Leftover, signal: AbortSignal | undefined): Promise<number> {
  const streams = readStreams(await ask('show sess all', signal));
  for (const { id } of streams) await ask(`shutdown session ${id}`, signal);
  return streams.length;
}
