import type { TrafficReport } from '../../contract/index.ts';
import { askAgain } from '../ask-again.ts';
import type { Context } from '../context.ts';

const everyMs = 1000;
/** The cursor home, every line cleared as it is written, and then all that is below: no flicker. */
const home = '\u001B[H';
const clearLine = '\u001B[K';
const clearBelow = '\u001B[J';
const clearAll = '\u001B[2J';

type Shown = {
  /** Asks the server that there is, and starts one where there is none. */
  readonly look: (signal: AbortSignal) => Promise<TrafficReport>;
  /** The whole of it, for a terminal. */
  readonly toText: (report: TrafficReport) => string;
  /** A line for each service, where there is no terminal to draw on. */
  readonly toLine: (report: TrafficReport) => string;
};

/** Shows the traffic every second until Ctrl-C: on a terminal in place, else line by line, or as one JSON object a line. */
export async function showTraffic(context: Context, { look, toText, toLine }: Shown): Promise<number> {
  const { world, globals } = context;
  const stop = new AbortController();
  const stopListening = world.onInterrupt(() => stop.abort());
  const inPlace = world.stdout.isTTY && !globals.json;
  try {
    if (inPlace) world.stdout.write(clearAll);
    const told = new Set<string>();
    for (;;) {
      // Its successor says what it did not see.
      const report = await askAgain(() => look(stop.signal));
      if (globals.json) context.printJson(report);
      else if (inPlace) world.stdout.write(`${home}${toText(report).replaceAll('\n', `${clearLine}\n`)}${clearLine}\n${clearBelow}`);
      else context.print(toLine({ ...report, gaps: report.gaps.filter((gap) => isNew(gap, told)) }));
      await world.clock.sleep(everyMs, stop.signal);
    }
  } catch (thrown) {
    if (stop.signal.aborted) return 130;
    throw thrown;
  } finally {
    stopListening();
  }
}

/** Lines that were printed stay: a gap that is in the span for a minute is one line, not sixty. */
function isNew({ kind, toMs }: TrafficReport['gaps'][number], told: Set<string>): boolean {
  const key = `${kind} ${toMs}`;
  const known = told.has(key);
  told.add(key);
  return !known;
}
