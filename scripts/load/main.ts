// A process that puts load on addresses of this machine: told what by its parent, stopped by it, and gone when it is gone.
import { runStream } from './client.ts';
import type { LoadAnswer } from './load.ts';
import type { LoadPlan, LoadReport } from './plan.ts';
import { Tally } from './tally.ts';

const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
const stopped = new AbortController();
const startedMs = performance.now();
const tallies = plan.streams.map((stream) => ({ stream, tally: new Tally(startedMs) }));

function report(): LoadReport {
  const nowMs = performance.now();
  return {
    seconds: (nowMs - startedMs) / 1000,
    streams: Object.fromEntries(tallies.map(({ stream, tally }) => [stream.name, tally.report(nowMs)])),
  };
}

function answer(value: LoadAnswer, then?: () => void): void {
  process.send?.(value, undefined, undefined, then);
}

process.on('message', (message) => {
  if (message === 'report') answer({ report: report() });
  else if (message === 'count') answer({ count: tallies.reduce((n, { tally }) => n + tally.count, 0) });
  else stopped.abort();
});
process.on('disconnect', () => process.exit(0));
// A Ctrl-C in the terminal is for the parent, which then stops the load.
process.on('SIGINT', () => undefined);

await Promise.all(tallies.map(({ stream, tally }) => runStream(stream, plan, tally, stopped.signal)));
answer({ report: report() }, () => process.disconnect());
