import { BerthError } from '../errors/index.ts';

/** How often in a row the server may be found gone, or going. */
const patience = 5;

/**
 * Asks the server, and once more where it was killed or replaced meanwhile: `ask` finds or starts the one that there is. Only
 * for what can be asked twice.
 */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof BerthError) || thrown.code !== 'SERVER_UNREACHABLE' || tries >= patience) throw thrown;
    }
  }
}
