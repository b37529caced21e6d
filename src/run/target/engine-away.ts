import { toBerthError, type BerthError } from '../../errors/index.ts';
import type { Clock } from '../../ports/index.ts';

/** Whether a failure only says that the engine is not there at the moment. */
export function isEngineAway(error: BerthError): boolean {
  return error.code === 'ENGINE_UNREACHABLE' || error.code === 'ENGINE_TIMEOUT';
}

/** Does `work` again while the engine is away (restarted, upgraded), with growing pauses, for about `mostMs`. */
export async function whileEngineAway<T>(
  clock: Clock,
  work: () => Promise<T>,
  options: { mostMs: number; signal: AbortSignal; onFirst?: () => void },
): Promise<T> {
  const began = clock.monotonic();
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (thrown) {
      const error = toBerthError(thrown);
      if (!isEngineAway(error) || options.signal.aborted || clock.monotonic() - began >= options.mostMs) throw error;
      if (tries === 0) options.onFirst?.();
      await clock.sleep(Math.min(5000, 250 * 2 ** Math.min(tries, 10)), options.signal);
    }
  }
}
