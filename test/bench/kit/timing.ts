import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A command to be timed. */
export type Command = { readonly file: string; readonly args: readonly string[]; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv };

/** Wall times of commands, run by turns so that what the machine does meanwhile hits all of them. */
export async function timeByTurns(commands: readonly Command[], rounds: number): Promise<number[][]> {
  const times: number[][] = commands.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [at, command] of commands.entries()) {
      const ms = await timeOnce(command);
      // The first round fills caches.
      if (round > 0) times[at]?.push(ms);
    }
  }
  return times;
}

async function timeOnce({ file, args, cwd, env }: Command): Promise<number> {
  const startedMs = performance.now();
  await execute(file, args, { ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }), timeout: 120_000 });
  return performance.now() - startedMs;
}
