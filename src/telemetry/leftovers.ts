import type { Clock } from '../ports/index.ts';

/** A HAProxy process that stopped sending its lines, because a reload replaced it or because it ended. */
export type Replaced = { readonly masters: readonly string[]; readonly pid: number };

/** Sends a command to the socket of a HAProxy master; the answer is empty where it is for a process that has ended. */
export type AskMaster = (
  socket: string,
  command: string,
  waiting: { readonly deadlineMs: number; readonly signal: AbortSignal },
) => Promise<string>;

/**
 * How often it is asked: most end within 10 s, when their idle connections do, and what is said between the last question and
 * the end stays unheard. A long download may keep one for an hour; and a full ring takes long to be told.
 */
const pace = { leastMs: 50, longestMs: 2000, shareOfAge: 1 / 300, timesAnswer: 10 };
/** For so long a master may not answer while it reloads. */
const goneMs = 3000;
const answerMs = 5000;

/**
 * Hands over, again and again until it has ended, all lines that a replaced HAProxy process still holds: its ring is no longer
 * sent, but can be asked for. `onLine` answers whether a line is of this process. Answers the time in which it may have said
 * something unheard: between the last time that it answered and the first that it did not.
 */
export async function readLeftovers(
  { masters, pid }: Replaced,
  { clock, askMaster }: { readonly clock: Pick<Clock, 'now' | 'sleep'>; readonly askMaster: AskMaster },
  { onLine, signal }: { readonly onLine: (text: string) => boolean; readonly signal: AbortSignal },
): Promise<{ readonly fromMs: number; readonly toMs: number }> {
  const startedAtMs = clock.now();
  let heardAtMs = startedAtMs;
  let missedAtMs: number | undefined;
  for (;;) {
    const askedAtMs = clock.now();
    const ask = (master: string): Promise<string> => askMaster(master, `@!${pid} show events access`, { deadlineMs: answerMs, signal });
    // Nobody may be behind the socket.
    const answers = await Promise.all(masters.map((master) => ask(master).catch(() => '')));
    const own = answers.flatMap((answer) => answer.split('\n')).filter(onLine);
    if (own.length > 0) {
      heardAtMs = askedAtMs;
      missedAtMs = undefined;
    } else {
      missedAtMs ??= clock.now();
      if (clock.now() - missedAtMs >= goneMs) return { fromMs: heardAtMs, toMs: missedAtMs };
    }
    const nowMs = clock.now();
    const waitMs = Math.max(pace.leastMs, (nowMs - startedAtMs) * pace.shareOfAge, (nowMs - askedAtMs) * pace.timesAnswer);
    await clock.sleep(Math.min(pace.longestMs, waitMs), signal);
  }
}
