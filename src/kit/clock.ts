import { setTimeout as delay } from 'node:timers/promises';

/** The machine's clock. The one place that reads the time and waits. */
export const systemClock = {
  now: (): number => Date.now(),
  monotonic: (): number => performance.now(),
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (thrown) {
      throw signal?.reason ?? thrown;
    }
  },
};
