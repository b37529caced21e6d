import { BerthError, toBerthError, type BerthErrorData } from '../errors/index.ts';
import type { Clock } from '../ports/index.ts';

const heartbeatMs = 15_000;

export type EventStreamInput = {
  readonly records: AsyncIterable<unknown>;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Ends the stream: the reader went away, or the server stops. */
  readonly abort: AbortController;
  readonly describe: (error: unknown) => BerthErrorData;
};

/**
 * Records as Server-Sent Events: one message each, with its `seq` as id, then `end`, or `error` with what went wrong.
 * The next record is asked for only when the reader has room.
 */
export function toEventStream({ records, clock, abort, describe }: EventStreamInput): ReadableStream<Uint8Array> {
  const iterator = records[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let ended = false;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // Lets the reader tell a quiet stream from a dead server.
      const beat = async () => {
        for (;;) {
          await clock.sleep(heartbeatMs, abort.signal);
          if (!ended) controller.enqueue(encoder.encode(':\n\n'));
        }
      };
      beat().catch(() => undefined); // Only ever rejects with the abort that ends it.
      controller.enqueue(encoder.encode(':\n\n'));
    },
    async pull(controller) {
      const text = await next(iterator, describe);
      if (ended) return;
      controller.enqueue(encoder.encode(text.message));
      if (!text.last) return;
      ended = true;
      controller.close();
      abort.abort();
    },
    async cancel() {
      ended = true;
      abort.abort(new BerthError('CANCELLED', 'The reader went away.'));
      await iterator.return?.();
    },
  });
  return body;
}

async function next(
  iterator: AsyncIterator<unknown>,
  describe: EventStreamInput['describe'],
): Promise<{ readonly message: string; readonly last: boolean }> {
  try {
    const result = await iterator.next();
    if (result.done === true) return { message: 'event: end\ndata: {}\n\n', last: true };
    return { message: `${id(result.value)}data: ${JSON.stringify(result.value)}\n\n`, last: false };
  } catch (error) {
    return { message: `event: error\ndata: ${JSON.stringify(describe(toBerthError(error)))}\n\n`, last: true };
  }
}

function id(record: unknown): string {
  return typeof record === 'object' && record !== null && 'seq' in record ? `id: ${String(record.seq)}\n` : '';
}
