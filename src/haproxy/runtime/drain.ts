import { BerthError } from '../../errors/index.ts';
import type { Clock, DrainInput } from '../../ports/index.ts';
import {
  readClientConnections,
  readServersState,
  readStats,
  readStreams,
  readUsedConnections,
  readWorkers,
  type Stream,
  type Worker,
} from './answers.ts';
import type { Ask } from './command-line.ts';
import { nameWord } from '../config/words.ts';
import { type Leftover, type Reached, workersOf } from './retired.ts';

/** What draining looks at. */
export type DrainDeps = {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** How HAProxy is reached; undefined when none runs: then nothing is in flight. */
  readonly reach: (signal?: AbortSignal) => Promise<Reached | undefined>;
  /** How long after a reload an old worker can still take a new request, on a connection that a client kept. */
  readonly keptMs: number;
};

/** `show proc` counts whole seconds. */
const roundingMs = 1_000;
/** How often a HAProxy that does not answer (it is starting again) is asked once more. */
const patienceMs = 5_000;

/** What is still on its way to a server. `wait` is for what may yet come: an old worker with idle clients. */
type Left = { readonly requests: number; readonly long: number; readonly wait: boolean };

/** Waits as {@link DataPlane.drained} promises, and closes what outlives its timer. */
export async function drain(deps: DrainDeps, input: DrainInput, signal?: AbortSignal): Promise<{ readonly closed: number }> {
  nameWord(input.backend);
  nameWord(input.server);
  if (!(await retry(deps, () => isDraining(deps, input, signal), signal))) {
    throw new BerthError('EDGE_FAILED', `Could not drain ${input.backend}/${input.server}: it still gets new requests.`);
  }
  const startMs = deps.clock.monotonic();
  const closed = new Set<string>();
  let quiet = 0;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 250)) {
    const left = await retry(deps, () => look(deps, input, signal), signal);
    const elapsedMs = deps.clock.monotonic() - startMs;
    const requestsOver = elapsedMs >= input.drainMs;
    const longOver = elapsedMs >= input.longDrainMs;
    if (left.requests > 0 && requestsOver) await close(deps, { input, kind: 'request', closed }, signal);
    if (left.long > 0 && longOver) await close(deps, { input, kind: 'long', closed }, signal);
    const none = (left.requests === 0 || requestsOver) && (left.long === 0 || longOver) && (!left.wait || requestsOver);
    // A request that was being handed over while the drain began is counted a moment later: nothing twice is nothing.
    quiet = none ? quiet + 1 : 0;
    if (quiet >= 2) return { closed: closed.size };
    await deps.clock.sleep(none ? 5 : pauseMs, signal);
  }
}

/** An absent server gets nothing; so does one in drain or with weight 0. */
async function isDraining({ reach }: DrainDeps, input: DrainInput, signal: AbortSignal | undefined): Promise<boolean> {
  const reached = await reach(signal);
  if (reached === undefined) return true;
  const servers = readServersState(await reached.lines.worker('show servers state', signal));
  const server = servers.find((s) => s.backend === input.backend && s.name === input.server);
  return server === undefined || server.admin !== 'ready' || server.weight === 0;
}

async function look({ reach, keptMs }: DrainDeps, input: DrainInput, signal: AbortSignal | undefined): Promise<Left> {
  const nothing = { requests: 0, long: 0, wait: false };
  const reached = await reach(signal);
  if (reached === undefined) return nothing;
  const current = await inHand(reached.lines.worker, input, signal);
  const lefts = await Promise.all((await leftovers(reached, signal)).map((w) => inOldWorker(w, { input, keptMs }, signal)));
  return [current, ...lefts].reduce(
    (sum, l) => ({ requests: sum.requests + l.requests, long: sum.long + l.long, wait: sum.wait || l.wait }),
    nothing,
  );
}

async function leftovers({ lines, retired }: Reached, signal: AbortSignal | undefined): Promise<Leftover[]> {
  const workers = readWorkers(await lines.master('show proc', signal));
  const reloaded = workers
    .filter((w) => w.old)
    .map((w) => ({ name: String(w.pid), ask: lines.oldWorker(w.pid), sinceMs: sinceReload(w, workers) }));
  const replaced = await Promise.all(retired.map((proxy) => workersOf(proxy, signal)));
  return [...reloaded, ...replaced.flat()];
}

function sinceReload(worker: Worker, workers: readonly Worker[]): number {
  const successor = workers.filter((w) => w.reloads < worker.reloads).toSorted((a, b) => b.reloads - a.reloads)[0];
  return successor?.uptimeMs ?? 0;
}

/** Streams are listed only when something is counted: the list is long on a busy edge. */
async function inHand(ask: Ask, input: DrainInput, signal: AbortSignal | undefined): Promise<Left> {
  const [conns, stat] = await Promise.all([ask(`show servers conn ${input.backend}`, signal), ask('show stat -1 4 -1', signal)]);
  const used = readUsedConnections(conns, input.backend, input.server);
  const current = readStats(stat).find((s) => s.backend === input.backend && s.server === input.server)?.current ?? 0;
  const count = Math.max(used, current);
  if (count === 0) return { requests: 0, long: 0, wait: false };
  if (input.mode === 'tcp') return { requests: 0, long: count, wait: false };
  const long = (await streamsOf(ask, input, signal)).filter((s) => s.long).length;
  return { requests: Math.max(0, count - long), long, wait: false };
}

/**
 * An old worker cannot be told to drain ("Proxy is disabled"): until `keptMs` after its reload, clients that kept
 * their connection may send it a request more. Afterwards, or once only tunnels are left, what it has in hand is all
 * there will be.
 */
async function inOldWorker(
  { ask, sinceMs }: Leftover,
  { input, keptMs }: { readonly input: DrainInput; readonly keptMs: number },
  signal: AbortSignal | undefined,
): Promise<Left> {
  const left = await inHand(ask, input, signal);
  if (sinceMs === undefined) return { ...left, wait: true };
  if (input.mode === 'tcp' || sinceMs >= keptMs + roundingMs) return left;
  const [info, streams] = await Promise.all([ask('show info', signal), ask('show sess all', signal)]);
  const tunnels = readStreams(streams).filter((s) => s.long).length;
  return { ...left, wait: readClientConnections(info) > tunnels };
}

async function streamsOf(ask: Ask, input: DrainInput, signal: AbortSignal | undefined): Promise<Stream[]> {
  const streams = readStreams(await ask('show sess all', signal));
  return streams.filter((s) => s.backend === input.backend && s.server === input.server);
}

type Closing = { readonly input: DrainInput; readonly kind: 'request' | 'long'; readonly closed: Set<string> };

/** Closes the requests or the long-lived connections of a server in every worker, and notes each once. */
async function close({ reach }: DrainDeps, { input, kind, closed }: Closing, signal: AbortSignal | undefined): Promise<void> {
  const reached = await reach(signal);
  if (reached === undefined) return;
  const workers = [{ name: 'current', ask: reached.lines.worker }, ...(await leftovers(reached, signal))];
  for (const { name, ask } of workers) {
    for (const stream of await streamsOf(ask, input, signal)) {
      if (stream.long !== (kind === 'long')) continue;
      await ask(`shutdown session ${stream.id}`, signal);
      closed.add(`${name} ${stream.id}`);
    }
  }
}

/** HAProxy is away for a moment when it starts again; that is no reason to fail a drain. */
async function retry<T>(deps: DrainDeps, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const untilMs = deps.clock.monotonic() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      if (signal?.aborted === true || deps.clock.monotonic() >= untilMs) throw thrown;
      await deps.clock.sleep(50, signal);
    }
  }
}
