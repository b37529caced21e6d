import type { Context } from '../context.ts';

/**
 * Prints each item of a stream on stdout as it comes: as a line of text (undefined prints nothing), or with `--json`
 * as one object per line. Ends with the stream, or with Ctrl-C.
 */
export async function showStream<T>(
  context: Context,
  open: (signal: AbortSignal) => AsyncIterable<T>,
  toText: (item: T) => string | undefined,
): Promise<number> {
  const stop = new AbortController();
  const stopListening = context.world.onInterrupt(() => stop.abort());
  try {
    for await (const item of open(stop.signal)) {
      if (context.globals.json) context.printJson(item);
      else {
        const text = toText(item);
        if (text !== undefined) context.print(text);
      }
    }
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 130;
    throw error;
  } finally {
    stopListening();
  }
}
