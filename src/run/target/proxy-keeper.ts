import type { Clock } from '../../ports/index.ts';
import { withDeadline } from '../rollout/deadline.ts';

/** The first use of a proxy may have to make HAProxy's image. */
const applyMs = 10 * 60_000;

/** One change of what is wanted of a proxy: how it is read and written, and how the proxy is made so. */
export type ProxyChange<T> = {
  readonly clock: Clock;
  readonly before: T;
  readonly after: T;
  readonly write: (wanted: T) => void;
  readonly apply: (signal: AbortSignal) => Promise<unknown>;
};

/**
 * Writes what is wanted of a proxy before the proxy has it, so that a crash in between is mended by the next apply; a
 * change that HAProxy refuses is taken back.
 */
export async function changeProxy<T>(change: ProxyChange<T>, signal?: AbortSignal): Promise<void> {
  change.write(change.after);
  try {
    await applyProxy(change, signal);
  } catch (thrown) {
    change.write(change.before);
    throw thrown;
  }
}

/** Others wait for their turn behind it, so it has a deadline whoever asks. */
export async function applyProxy(
  { clock, apply }: Pick<ProxyChange<unknown>, 'clock' | 'apply'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  await withDeadline(clock, { ms: applyMs, what: 'Changing the data plane', signal }, apply);
}
