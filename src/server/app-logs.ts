import type { LogRecord } from '../contract/index.ts';
import { labels, type Instance } from '../model/index.ts';
import type { Engine, LogQuery } from '../ports/index.ts';
import { needEngine, type ServerDeps } from './deps.ts';
import { LineMerge } from './merge-lines.ts';

export type LogsInput = {
  readonly app: string;
  /** Names with commas between them; absent means all. */
  readonly services?: string | undefined;
  readonly follow?: boolean | undefined;
  /** Of each instance. */
  readonly tail?: number | undefined;
  readonly sinceMs?: number | undefined;
};

type LogsDeps = Pick<ServerDeps, 'runner' | 'engine' | 'clock' | 'store'>;

/** Log lines of an app's instances and last jobs in order of time; with `follow` also of those that start later, until the app is gone. */
export async function* appLogs(deps: LogsDeps, input: LogsInput, signal: AbortSignal): AsyncGenerator<LogRecord, void> {
  const stop = new AbortController();
  const reader = new LogReader(deps, input, { engine: needEngine(deps, input.app), signal: AbortSignal.any([signal, stop.signal]) });
  const unsubscribe = deps.runner.events.subscribe((record) => {
    if (record.app === input.app && record.event.type === 'rollout.ended') reader.settle();
  });
  try {
    await reader.start();
    yield* reader.merge.lines(signal);
  } finally {
    unsubscribe();
    stop.abort();
  }
}

/** Keeps one source open for each instance that logs. */
class LogReader {
  readonly merge: LineMerge<LogRecord>;
  readonly #deps: LogsDeps;
  readonly #input: LogsInput;
  readonly #engine: Engine;
  readonly #signal: AbortSignal;
  /** Containers whose log is open. */
  readonly #open = new Set<string>();
  /** The time of the last line of each container, after which one that starts again goes on. */
  readonly #lastAtMs = new Map<string, number>();

  constructor(deps: LogsDeps, input: LogsInput, from: { readonly engine: Engine; readonly signal: AbortSignal }) {
    this.#deps = deps;
    this.#input = input;
    this.#engine = from.engine;
    this.#signal = from.signal;
    this.merge = new LineMerge(deps.clock, { follow: input.follow === true });
  }

  /** Opens the logs that are there and, with `follow`, watches for those to come. */
  async start(): Promise<void> {
    const { follow, tail, sinceMs } = this.#input;
    const startedAtMs = this.#deps.clock.now();
    for (const instance of await this.#instances()) {
      this.#read(instance, {
        follow: follow === true,
        ...(tail === undefined ? {} : { tail }),
        ...(sinceMs === undefined ? {} : { sinceMs }),
      });
    }
    if (follow === true) this.#watch(startedAtMs).catch((error: unknown) => this.merge.fail(error));
  }

  /** Ends the following once the app is gone. */
  settle(): void {
    if (this.#deps.store.getApp(this.#input.app) === undefined) this.merge.finish();
  }

  /** What logs: the instances, and the last run of each job. */
  async #instances(): Promise<Instance[]> {
    const { app } = this.#input;
    const services = this.#input.services?.split(',').filter((name) => name !== '') ?? [];
    const { runner } = this.#deps;
    const [instances, jobs] = await Promise.all([runner.instances(app, services), runner.jobs(app)]);
    return [...instances, ...jobs.filter((job) => services.length === 0 || services.includes(job.service))];
  }

  async #watch(sinceMs: number): Promise<void> {
    const query = { labels: { [labels.app]: this.#input.app }, sinceMs };
    for await (const event of this.#engine.watchEvents(query, this.#signal)) {
      if (event.type !== 'container' || event.action !== 'start' || this.#open.has(event.id)) continue;
      for (const instance of await this.#instances()) {
        if (instance.containerId !== event.id) continue;
        const last = this.#lastAtMs.get(event.id);
        this.#read(instance, { follow: true, ...(last === undefined ? {} : { sinceMs: last + 1 }) });
      }
    }
  }

  #read(instance: Instance, query: LogQuery): void {
    if (this.#open.has(instance.containerId)) return;
    this.#open.add(instance.containerId);
    this.merge.add(this.#lines(instance, query));
  }

  async *#lines(instance: Instance, query: LogQuery): AsyncGenerator<LogRecord, void> {
    const { service, name, release, containerId } = instance;
    try {
      for await (const line of this.#engine.containerLogs(containerId, query, this.#signal)) {
        this.#lastAtMs.set(containerId, line.atMs);
        yield { service, instance: name, release, ...line };
      }
    } finally {
      this.#open.delete(containerId);
    }
  }
}
