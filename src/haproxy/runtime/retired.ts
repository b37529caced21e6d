import { BerthError } from '../../errors/index.ts';
import { readWorkers } from './answers.ts';
import type { Ask, CommandLine } from './command-line.ts';

/** The HAProxy that serves, and those that were replaced and finish what they have. */
export type Reached = { readonly lines: CommandLine; readonly retired: readonly RetiredProxy[] };

/** `sinceMs`: for how long it has taken nothing new; undefined: it still does. */
export type RetiredProxy = { readonly name: string; readonly lines: CommandLine; readonly sinceMs: number | undefined };

/** A worker that finishes what it has: left behind by a reload, or of a HAProxy that was replaced. */
export type Leftover = { readonly name: string; readonly ask: Ask; readonly sinceMs: number | undefined };

/** The workers of a HAProxy that was replaced; none when it has ended. */
export async function workersOf({ name, lines, sinceMs }: RetiredProxy, signal?: AbortSignal): Promise<Leftover[]> {
  const left = readWorkers(await unlessGone(() => lines.master('show proc', signal)));
  return left.map(({ pid }) => {
    const ask = lines.oldWorker(pid);
    return { name: `${name} ${pid}`, ask: (command, s) => unlessGone(() => ask(command, s)), sinceMs };
  });
}

/** Who was replaced goes when it has nothing left, maybe in the middle of an answer, and then it has nothing to say. */
const goneCodes: readonly unknown[] = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT'];

async function unlessGone(ask: () => Promise<string>): Promise<string> {
  try {
    return await ask();
  } catch (thrown) {
    const cause = thrown instanceof BerthError ? thrown.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (goneCodes.includes(code)) return '';
    throw thrown;
  }
}
