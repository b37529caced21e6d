import { BerthError } from '../errors/index.ts';
import type { Context } from './context.ts';

/** Asks before something is destroyed, unless `-y` was given. Throws when the answer is no, or nobody can be asked. */
export async function confirm(context: Context, question: string): Promise<void> {
  const { world, globals } = context;
  if (globals.yes) return;
  if (!world.stdin.isTTY || !world.stderr.isTTY) {
    throw new BerthError('CONFIRMATION_NEEDED', `This needs a yes, and there is no terminal to ask on: ${question}`, {
      hint: 'Add `-y` when you are sure.',
    });
  }
  if ((await world.confirm(question)) !== true) throw new BerthError('CANCELLED', 'Nothing was changed.');
}
