import { fork, type ChildProcess } from 'node:child_process';
import type { Clock, LogSource, Telemetry, TrafficCounts, TrafficQuery } from '../ports/index.ts';
import type { FromChild, ToChild } from './messages.ts';

export type TelemetryOptions = {
  /** The program of the counting process, which calls `runCounting`. */
  readonly entry: string;
  readonly clock: Clock;
  /** Hears of failures, none of which keeps anything from being served. */
  readonly onTrouble: (message: string) => void;
};

/** Its memory is counts; with V8's usual sizes it would be twice as large before it cleans up. */
const flags = ['--max-semi-space-size=1', '--max-old-space-size=96', '--single-threaded-gc'];
const restartMs = 1000;
const answerMs = 5000;

/** The access logs of an installation's proxies, counted in a process of its own. */
export interface CountingTelemetry extends Telemetry, AsyncDisposable {
  /** The counting process, while there is one. */
  readonly pid: number | undefined;
}

/** Starts the counting process with the first proxy, again when it ends, and ends it with `asyncDispose`. */
export function createTelemetry(options: TelemetryOptions): CountingTelemetry {
  return new ForkedTelemetry(options);
}

class ForkedTelemetry implements CountingTelemetry {
  readonly #options: TelemetryOptions;
  readonly #sources = new Map<string, LogSource>();
  readonly #releases = new Map<string, ToChild>();
  readonly #waiting = new Map<number, (counts: TrafficCounts | undefined) => void>();
  readonly #closed = new AbortController();
  #child: ChildProcess | undefined;
  #questions = 0;

  constructor(options: TelemetryOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  follow(source: LogSource): void {
    const isFirst = this.#sources.size === 0;
    this.#sources.set(source.socket, source);
    if (isFirst) this.#start();
    else this.#tell({ kind: 'follow', source });
  }

  attend(socket: string): void {
    this.#tell({ kind: 'attend', socket });
  }

  learn({ app, name, release }: { readonly app: string; readonly name: string; readonly release: number }): void {
    const message: ToChild = { kind: 'learn', app, name, release };
    this.#releases.set(`${app}/${name}`, message);
    this.#tell(message);
  }

  async read(query: TrafficQuery, signal?: AbortSignal): Promise<TrafficCounts | undefined> {
    if (this.#child?.connected !== true) return undefined;
    const id = ++this.#questions;
    const { promise, resolve } = Promise.withResolvers<TrafficCounts | undefined>();
    const over = new AbortController();
    this.#waiting.set(id, resolve);
    const late = this.#options.clock.sleep(answerMs, over.signal).catch(() => undefined);
    const stop = (): void => resolve(undefined);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      this.#tell({ kind: 'read', id, query });
      return await Promise.race([promise, late.then(() => undefined)]);
    } finally {
      over.abort();
      signal?.removeEventListener('abort', stop);
      this.#waiting.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    const child = this.#child;
    if (child === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('exit', () => resolve());
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await promise;
  }

  #start(): void {
    if (this.#closed.signal.aborted) return;
    const { entry, clock, onTrouble } = this.#options;
    const child = fork(entry, [], { execArgv: flags, env: {}, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (message) => this.#hear(message as FromChild));
    child.on('error', (error) => onTrouble(`The process that counts the traffic failed: ${error.message}`));
    child.once('exit', (code, signal) => {
      for (const resolve of this.#waiting.values()) resolve(undefined);
      this.#child = undefined;
      if (this.#closed.signal.aborted) return;
      onTrouble(`The process that counts the traffic ended (${signal ?? code}) and is started again.`);
      void clock.sleep(restartMs, this.#closed.signal).then(
        () => this.#start(),
        () => undefined,
      );
    });
    for (const message of this.#releases.values()) this.#tell(message);
    for (const source of this.#sources.values()) this.#tell({ kind: 'follow', source });
  }

  /** One that ends in this moment does not hear it; its successor is told everything. */
  #tell(message: ToChild): void {
    if (this.#child?.connected === true) this.#child.send(message, () => undefined);
  }

  #hear(message: FromChild): void {
    if (message.kind === 'counts') this.#waiting.get(message.id)?.(message.counts);
    else this.#options.onTrouble(`Could not read an access log: ${message.message}`);
  }
}
