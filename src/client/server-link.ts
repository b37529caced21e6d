import { BerthError } from '../errors/index.ts';
import type { EventRecord } from '../model/index.ts';
import type { Clock } from '../ports/index.ts';
import { connect, type Client } from './client.ts';
import { locateHome, type Home, type HomeInput } from './home.ts';
import type { ServerProgram } from './spawn-server.ts';
import { greet, judge, type Greeting } from './version.ts';

/** Counts with the contract's `protocolVersion`, which a test compares. */
export const protocolVersion = 1;

export type ServerLinkInput = HomeInput &
  Pick<ServerProgram, 'command'> & { readonly version: string; readonly clock: Pick<Clock, 'monotonic' | 'sleep'> };

const lookMs = 20;
const startMs = 30_000;
/** How long a stopping server may take for the step it is in. */
const stopMs = 180_000;
/** How often the server may die without a single new event before following gives up. */
const patience = 5;

/** The way to the one server of a home: starts it, replaces an older one, and finds it again when it died. */
export class ServerLink {
  readonly #input: ServerLinkInput;
  #client: Client | undefined;

  /** Nothing is started or connected yet. */
  constructor(input: ServerLinkInput) {
    this.#input = input;
  }

  /** Where the home and its socket are; the first server of a home may have moved the socket. */
  get home(): Home {
    return locateHome(this.#input);
  }

  /** A client of a running server of this version; starts or replaces one where needed. */
  ensure(signal?: AbortSignal): Promise<Client> {
    return this.#ensure((found) => this.#isOwn(found), signal);
  }

  /** A client of the server of this version that runs, and the engine of its apps; undefined when one has to be started or replaced. */
  async ready(): Promise<{ readonly client: Client; readonly engine: string | undefined } | undefined> {
    const found = await this.#greeting();
    return found !== undefined && this.#isOwn(found) ? { client: this.#open(), engine: found.engine } : undefined;
  }

  /** A client of the server that runs, whatever its version, or undefined. */
  async existing(): Promise<{ readonly client: Client; readonly greeting: Greeting } | undefined> {
    const found = await this.#greeting();
    return found && { client: this.#open(), greeting: found };
  }

  /** Asks a running server to stop between two steps and waits for its end; false when none ran. */
  async stop(signal?: AbortSignal): Promise<boolean> {
    const found = await this.#greeting();
    if (found !== undefined) await this.#stop(found, signal);
    return found !== undefined;
  }

  /** The events of a rollout to its end, across the death of a server: the next one, of whatever version, resumes the rollout. */
  async *followRollout(from: { readonly id: string; readonly after?: number }, signal?: AbortSignal): AsyncGenerator<EventRecord, void> {
    let after = from.after;
    let deaths = 0;
    // Who was just told the rollout's id need not be asked again who it is.
    let known = this.#client;
    for (;;) {
      const client = known ?? (await this.#ensure((found) => this.#isUnderstood(found), signal));
      known = undefined;
      try {
        for await (const record of client.followRollout({ id: from.id, after }, signal)) {
          after = record.seq;
          deaths = 0;
          yield record;
        }
        return;
      } catch (error) {
        if (!(error instanceof BerthError) || error.code !== 'SERVER_UNREACHABLE' || deaths >= patience) throw error;
        deaths += 1;
      }
    }
  }

  async #ensure(isFit: (found: Greeting) => boolean, signal?: AbortSignal): Promise<Client> {
    let found = await this.#greeting();
    for (;;) {
      if (found !== undefined && isFit(found)) return this.#open();
      if (found !== undefined) await this.#stop(found, signal);
      found = await this.#start(signal);
    }
  }

  /** Whether a server that another command put there meanwhile can tell of a rollout, though it be newer. */
  #isUnderstood(found: Greeting): boolean {
    return found.protocol === protocolVersion ? !found.stopping : this.#isOwn(found);
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): Client {
    return (this.#client ??= connect({ socket: this.home.socket }));
  }

  #greeting(): Promise<Greeting | undefined> {
    return greet(this.home.socket, 5000);
  }

  /** Whether a server may be used as it is; throws for one that this berth is too old for. */
  #isOwn(found: Greeting): boolean {
    const { version } = this.#input;
    const judgement = judge(found, { version, protocol: protocolVersion });
    if (judgement !== 'newer') return judgement === 'same' && !found.stopping;
    throw new BerthError('SERVER_VERSION', `The berth server of this home is ${found.version}; this berth is ${version}.`, {
      hint: 'Use the newer berth, or run `berth server stop` with it first.',
      details: { server: found.version, client: version },
    });
  }

  /** Starts a server, or waits for the one that another command starts (or that is about to end). */
  async #start(signal?: AbortSignal): Promise<Greeting> {
    const { spawnServer } = await import('./spawn-server.ts');
    const startedAtMs = this.#input.clock.monotonic();
    const home = this.home;
    let last: BerthError | undefined;
    for (let attempt = 1; this.#input.clock.monotonic() - startedAtMs < startMs; attempt += 1) {
      const spawned = await spawnServer(home, this.#input, signal);
      if (!spawned.ready && spawned.error.code !== 'HOME_LOCKED') throw spawned.error;
      if (!spawned.ready) last = spawned.error;
      const found = await this.#until(() => this.#greeting(), spawned.ready ? startMs : Math.min(250 * attempt, 2000), signal);
      if (found !== undefined && !found.stopping) return found;
      if (found !== undefined) await this.#gone(found, signal);
    }
    throw last ?? new BerthError('SERVER_UNREACHABLE', `Could not reach the berth server of ${home.directory} within ${startMs / 1000} s.`);
  }

  async #stop(found: Greeting, signal?: AbortSignal): Promise<void> {
    this.close();
    const client = connect({ socket: this.home.socket });
    try {
      if (!found.stopping) await client.stopServer({}, signal);
    } catch (error) {
      // It may end during the very call; whether it is gone is looked at below.
      if (!(error instanceof BerthError) || error.code !== 'SERVER_UNREACHABLE') throw error;
    } finally {
      client.close();
    }
    await this.#gone(found, signal);
  }

  async #gone(old: Greeting, signal?: AbortSignal): Promise<void> {
    const left = await this.#until(async () => ((await this.#greeting())?.pid === old.pid ? undefined : true), stopMs, signal);
    if (left !== undefined) return;
    throw new BerthError('SERVER_VERSION', `The berth server (pid ${old.pid}, ${old.version}) did not stop within ${stopMs / 1000} s.`, {
      hint: 'Wait for its rollout to end (`berth events -f`), then run the command again.',
    });
  }

  /** Looks every 20 ms, after 2 s every 100 ms, until `look` answers something. */
  async #until<T>(look: () => Promise<T | undefined>, deadlineMs: number, signal?: AbortSignal): Promise<T | undefined> {
    const { clock } = this.#input;
    const startedAtMs = clock.monotonic();
    for (;;) {
      const result = await look();
      if (result !== undefined) return result;
      const waitedMs = clock.monotonic() - startedAtMs;
      if (waitedMs > deadlineMs) return undefined;
      await clock.sleep(waitedMs < 2000 ? lookMs : 100, signal);
    }
  }
}
