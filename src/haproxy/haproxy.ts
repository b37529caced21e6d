import { BerthError } from '../errors/index.ts';
import { Mutex } from '../kit/index.ts';
import type { ProxyConfig, ProxyServerStats, Listener } from '../model/index.ts';
import type { Clock, DataPlane, Engine, Host } from '../ports/index.ts';
import { readStats } from './runtime/answers.ts';
import { type CommandLine, openCommandLine } from './runtime/command-line.ts';
import { drain } from './runtime/drain.ts';
import { EdgeContainer, edgeFailed, type Running } from './container/edge-container.ts';
import { ensureImage, type ImageSettings } from './container/image.ts';
import { findPortHolder } from './port-holder.ts';
import { bindsOf, boundBy } from './config/binds.ts';
import type { RenderOptions } from './config/options.ts';
import { render, type Rendered } from './config/render.ts';
import { openRunDirectory, type RunDirectory } from './container/run-directory.ts';
import { StatsKeeper } from './runtime/stats-keeper.ts';
import { syncServers } from './runtime/sync.ts';

/** Everything that the edge of one installation is made of. */
export type HaproxyOptions = {
  readonly engine: Engine;
  readonly host: Pick<Host, 'listenerOn'>;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** The installation's id, and its home for whoever meets its edge. */
  readonly installation: string;
  readonly home: string;
  /** A directory of the server's own, as the engine sees it too; it holds HAProxy's sockets. */
  readonly runDirectory: string;
  /** The server's user, who alone may use the sockets. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Whether this machine has IPv6. */
  readonly ipv6: boolean;
  readonly image: ImageSettings;
  /** A datagram socket inside the run directory that access log lines are sent to; absent: none are written. */
  readonly accessLog?: string | undefined;
};

/** The data plane of one host: HAProxy in a container of its own, which serves on without berth. */
export function createHaproxy(options: HaproxyOptions): DataPlane {
  const directory = openRunDirectory(options.runDirectory);
  const lines = openCommandLine(directory.sockets);
  const container = new EdgeContainer({ ...options, lines, directory });
  const edge = new Edge({ ...options, lines, directory, container });
  const mutex = new Mutex();
  return {
    prepare: (signal) => ensureImage(options.engine, options.image, signal),
    apply: (config, signal) => mutex.run(() => edge.apply(config, signal)),
    drained: (input, signal) => drain({ lines, clock: options.clock, isRunning: (s) => container.isRunning(s) }, input, signal),
    stats: (signal) => edge.stats(signal),
    portHolder: (input, signal) => edge.portHolder(input, signal),
    remove: (signal) => mutex.run(() => container.remove(signal)),
  };
}

type EdgeDeps = HaproxyOptions & { readonly lines: CommandLine; readonly directory: RunDirectory; readonly container: EdgeContainer };

/** Looks at what runs and changes the least. */
class Edge {
  readonly #deps: EdgeDeps;
  readonly #render: RenderOptions;
  readonly #keeper = new StatsKeeper();

  constructor(deps: EdgeDeps) {
    this.#deps = deps;
    const { ipv6, owner, accessLog } = deps;
    this.#render = { ipv6, owner, accessLog };
  }

  async apply(config: ProxyConfig, signal?: AbortSignal): Promise<{ reloaded: boolean }> {
    const { container, lines } = this.#deps;
    const wanted = render(config, this.#render);
    const details = await container.inspect(signal);
    if (details === undefined && config.listeners.length === 0) return { reloaded: false };
    const running = details === undefined ? undefined : await container.ask(signal);
    if (details === undefined || running === undefined) {
      await this.#start(config, wanted, signal);
      return { reloaded: true };
    }
    const reloaded = running.staticHash !== wanted.staticHash;
    if (reloaded) await this.#reload(config, wanted, signal);
    const changes = await syncServers(lines.worker, config, signal);
    this.#keeper.forget(changes.filter((c) => c.kind !== 'set').map((c) => c.target));
    if (reloaded || running.bootHash !== wanted.hash) await container.commit(wanted, signal);
    await container.settle(details, signal);
    return { reloaded };
  }

  async stats(signal?: AbortSignal): Promise<readonly ProxyServerStats[]> {
    const { container, lines } = this.#deps;
    if (!(await container.isRunning(signal)) || (await container.ask(signal)) === undefined) return [];
    return this.#keeper.whole(readStats(await lines.worker('show stat -1 4 -1', signal)));
  }

  /** A server that is not root cannot see whose a socket is: what the edge itself runs is its own. */
  async portHolder(input: { address: string; port: number }, signal?: AbortSignal): Promise<string | undefined> {
    const { container, directory } = this.#deps;
    const holder = await findPortHolder(this.#deps, input, signal);
    if (holder === undefined || !(await container.isRunning(signal))) return holder;
    const bound = boundBy((await directory.readRunning()) ?? '');
    return bindsOf(input, this.#render.ipv6).every((bind) => bound.has(bind)) ? undefined : holder;
  }

  async #start(config: ProxyConfig, wanted: Rendered, signal: AbortSignal | undefined): Promise<void> {
    await this.#needPorts(config.listeners, signal);
    try {
      await this.#deps.container.start(wanted, signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      await this.#needPorts(config.listeners, signal);
      throw thrown;
    }
    await syncServers(this.#deps.lines.worker, config, signal);
  }

  /** The candidate is the running file only as long as the reload takes; refused, the file of before is put back. */
  async #reload(config: ProxyConfig, wanted: Rendered, signal: AbortSignal | undefined): Promise<void> {
    const { directory, lines } = this.#deps;
    const before = await directory.readRunning();
    const bound = boundBy(before ?? '');
    const fresh = config.listeners.filter((l) => bindsOf(l, this.#render.ipv6).some((bind) => !bound.has(bind)));
    await this.#needPorts(fresh, signal);
    const counted = readStats(await lines.worker('show stat -1 4 -1', signal));
    await directory.writeRunning(wanted.text);
    // From here on the reload is seen through: half of one would leave the wrong file behind.
    const answer = await lines.master('reload');
    if (!answer.startsWith('Success=1')) {
      await directory.writeRunning(before);
      await this.#needPorts(fresh, signal);
      throw edgeFailed('HAProxy refused a new configuration and goes on with the one before.', answer.split('\n').slice(2));
    }
    this.#keeper.carry(counted);
    const running = await this.#untilReloaded(wanted, signal);
    if (running?.staticHash !== wanted.staticHash) {
      throw new BerthError('EDGE_FAILED', 'HAProxy reported a reload, but runs another configuration.', { details: { running } });
    }
  }

  /** The old worker may still answer a connection or two on the shared socket. */
  async #untilReloaded(wanted: Rendered, signal: AbortSignal | undefined): Promise<Running | undefined> {
    const { container, clock } = this.#deps;
    const untilMs = clock.monotonic() + 5_000;
    for (;;) {
      const running = await container.ask(signal);
      if (running?.staticHash === wanted.staticHash || clock.monotonic() >= untilMs) return running;
      await clock.sleep(10, signal);
    }
  }

  async #needPorts(listeners: readonly Listener[], signal: AbortSignal | undefined): Promise<void> {
    for (const { address, port } of listeners) {
      const holder = await findPortHolder(this.#deps, { address, port }, signal);
      if (holder === undefined) continue;
      const where = address === '' ? `Port ${port}` : `Port ${port} of ${address}`;
      throw new BerthError('PORT_TAKEN', `${where} is held by ${holder}.`, {
        hint: 'Publish another port, or stop what holds it.',
        details: { address, port, holder },
      });
    }
  }
}
