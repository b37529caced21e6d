import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './ask.ts';
import { openHttp1 } from './http1.ts';
import { openHttp2 } from './http2.ts';
import type { LoadPlan, Stream } from './plan.ts';
import type { Tally } from './tally.ts';
import { openWebSockets } from './websocket.ts';

/** Runs one stream until the signal aborts; the requests in flight then are finished and counted. Never repeats a request. */
export async function runStream(stream: Stream, plan: LoadPlan, tally: Tally, signal: AbortSignal): Promise<void> {
  const client = openClient(stream, plan.timeoutMs);
  const spacingMs = stream.perSecond === undefined ? 0 : (1000 * stream.connections) / stream.perSecond;
  let asked = 0;
  const connection = async (index: number): Promise<void> => {
    // Spread over the spacing, so that the connections do not all ask at once.
    let dueMs = performance.now() + (spacingMs * index) / stream.connections;
    while (!signal.aborted) {
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      asked += 1;
      const outcome = await client.ask(index, stream.method === 'POST' ? `${stream.name}-${asked}` : undefined);
      tally.add(outcome, performance.now());
      dueMs = Math.max(dueMs + spacingMs, performance.now() - spacingMs);
      // A refused connection answers at once; without a pause one lost moment would count as thousands.
      if (outcome.reason !== undefined) await sleep(5);
    }
  };
  await Promise.all(Array.from({ length: stream.connections }, (_, index) => connection(index)));
  client.close();
}

function openClient(stream: Stream, timeoutMs: number): Client {
  if (stream.protocol === 'h2') return openHttp2(stream, timeoutMs);
  if (stream.protocol === 'websocket') return openWebSockets(stream, timeoutMs);
  return openHttp1(stream, timeoutMs);
}
