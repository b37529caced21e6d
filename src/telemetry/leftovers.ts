import { connect } from 'node:net';
import type { Clock } from '../ports/index.ts';

/** A HAProxy process that a reload replaced. */
export type Replaced = { readonly masters: readonly string[]; readonly pid: number };

/** How often it is asked: soon at first, for most end within a moment; a long download may keep one for an hour. */
const pace = { firstMs: 50, growth: 1.2, longestMs: 2000 };
const answerMs = 5000;

/**
 * Hands over, again and again until it has ended, all lines that a replaced HAProxy process still holds: its ring is no longer
 * sent, but can be asked for. Answers how long before its end it was last asked.
 */
export async function readLeftovers(
  { masters, pid }: Replaced,
  clock: Clock,
  { onLine, signal }: { readonly onLine: (text: string) => void; readonly signal: AbortSignal },
): Promise<{ readonly unseenMs: number }> {
  let askedAtMs = clock.monotonic();
  for (let waitMs = pace.firstMs; ; waitMs = Math.min(pace.longestMs, waitMs * pace.growth)) {
    const answers = await Promise.all(masters.map((master) => ask(master, `@!${pid} show events access`)));
    const lines = answers.filter((answer) => answer !== undefined).flatMap((answer) => answer.split('\n'));
    const nowMs = clock.monotonic();
    if (!lines.some((line) => line.startsWith('{"n":'))) return { unseenMs: nowMs - askedAtMs };
    askedAtMs = nowMs;
    for (const line of lines) onLine(line);
    await clock.sleep(waitMs, signal);
  }
}

/** The answer to one command, or undefined where nobody is behind the socket. */
function ask(path: string, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(path);
    socket.setTimeout(answerMs, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.end(`${command}\n`);
  });
}
