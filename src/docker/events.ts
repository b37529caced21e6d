import { BerthError } from '../errors/index.ts';
import type { Clock, Engine, EngineEvent } from '../ports/index.ts';
import { readJsonLines } from './frames.ts';
import { toEvent, type RawEvent } from './from-engine.ts';
import { deadlines, toFilters, type EngineHttp } from './http.ts';
import { toSeconds } from './sessions.ts';

/** The `watchEvents` of the port. */
export function eventCalls(http: EngineHttp, clock: Pick<Clock, 'now'>): Pick<Engine, 'watchEvents'> {
  return {
    watchEvents({ labels = {}, sinceMs = clock.now() }, signal) {
      // Asked for at once and from a point in time: what happens before the first `next` is not missed.
      const chunks = http.open({
        method: 'GET',
        path: '/events',
        query: { since: toSeconds(sinceMs), filters: toFilters(labels) },
        doing: 'follow the events of the container engine',
        timeoutMs: deadlines.lookMs,
        signal,
      });
      // A failure is thrown to whoever iterates; without this one it would also be an unhandled rejection until then.
      chunks.catch(() => undefined);
      return read(chunks, signal);
    },
  };
}

async function* read(chunks: Promise<AsyncIterable<Uint8Array>>, signal: AbortSignal): AsyncGenerator<EngineEvent, void, void> {
  try {
    for await (const raw of readJsonLines<RawEvent>(await chunks)) yield toEvent(raw);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  if (signal.aborted) return;
  throw new BerthError('ENGINE_UNREACHABLE', 'Could not follow the events of the container engine: it ended them.');
}
