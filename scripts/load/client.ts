import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadPlan, Stream } from './plan.ts';
import type { Outcome } from './tally.ts';
import { Tally } from './tally.ts';

/** Runs one stream until the signal aborts; the requests in flight then are finished and counted. Never repeats a request. */
export async function runStream(stream: Stream, plan: LoadPlan, tally: Tally, signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: stream.keepAlive, maxSockets: stream.connections, maxFreeSockets: stream.connections });
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
      const outcome = await ask(stream, agent, plan.timeoutMs, stream.method === 'POST' ? `${stream.name}-${asked}` : undefined);
      tally.add(outcome, performance.now());
      dueMs = Math.max(dueMs + spacingMs, performance.now() - spacingMs);
      // A refused connection answers at once; without a pause one lost moment would count as thousands.
      if (outcome.reason !== undefined) await sleep(5);
    }
  };
  await Promise.all(Array.from({ length: stream.connections }, (_, index) => connection(index)));
  agent.destroy();
}

/** Asks once. An answer counts when it is a 2xx and complete. */
function ask(stream: Stream, agent: Agent, timeoutMs: number, id: string | undefined): Promise<Outcome> {
  const startedMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const end = (result: { version?: string | undefined; reason?: string }): void =>
    resolve({ ...result, tookMs: performance.now() - startedMs, id });
  const body = id === undefined ? undefined : JSON.stringify({ id });
  const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
  const asked = request(stream.url, { agent, method: stream.method ?? 'GET', headers }, (reply) => {
    let text = '';
    reply.setEncoding('utf8').on('data', (part: string) => (text += part));
    reply.once('end', () => {
      const status = reply.statusCode ?? 0;
      if (!reply.complete) end({ reason: 'cut off' });
      else if (status >= 200 && status < 300) end({ version: versionOf(text) });
      else end({ reason: String(status) });
    });
    reply.once('error', (error: NodeJS.ErrnoException) => end({ reason: error.code ?? error.message }));
  });
  asked.once('error', (error: NodeJS.ErrnoException) => end({ reason: error.code ?? error.message }));
  const timer = setTimeout(() => asked.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })), timeoutMs);
  void promise.then(() => clearTimeout(timer));
  asked.end(body);
  return promise;
}

/** The applications of tests and examples answer `{"version": …}`. */
function versionOf(text: string): string | undefined {
  return /"version":"([^"]*)"/.exec(text)?.[1];
}
