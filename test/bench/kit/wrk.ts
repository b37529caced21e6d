import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** How wrk asks: so many rounds of so many seconds by turns, after one that warms up; `close` opens a connection for each request. */
export type Rounds = { readonly rounds: number; readonly seconds: number; readonly close?: boolean };

/** Requests a second of each address, round by round, in the other order in every second one. */
export async function ratesByTurns(urls: readonly string[], how: Rounds, say: (progress: string) => void): Promise<number[][]> {
  const rates: number[][] = urls.map(() => []);
  for (let round = 0; round <= how.rounds; round++) {
    const order = [...urls.entries()];
    for (const [at, url] of round % 2 === 0 ? order : order.toReversed()) {
      const rate = await requestRate(url, how);
      if (round > 0) rates[at]?.push(rate);
    }
    say(`round ${round} of ${how.rounds}`);
  }
  return rates;
}

async function requestRate(url: string, { seconds, close }: Rounds): Promise<number> {
  const { stdout } = await execute('wrk', ['-t1', '-c64', `-d${seconds}s`, ...(close === true ? ['-H', 'Connection: close'] : []), url]);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  if (rate === undefined || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`);
  return Number(rate);
}
