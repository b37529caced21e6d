import { BerthError, toBerthError } from '../errors/index.ts';
import type { Listener, ProxyConfig, ProxyServerStats } from '../model/index.ts';
import type { Clock, Host, ProxyVersion } from '../ports/index.ts';
import { bindsOf, boundBy } from './config/binds.ts';
import { tlsVariable } from './config/certificates.ts';
import type { RenderOptions } from './config/options.ts';
import { render, type Rendered } from './config/render.ts';
import type { CertificateFiles } from './container/certificates.ts';
import { edgeFailed, type ProxyContainer, type Reach, type Running } from './container/proxy-container.ts';
import { isUp, type Slot, type Standing } from './container/standing.ts';
import { readStats, readVersion } from './runtime/answers.ts';
import { syncCertificates } from './runtime/certificates.ts';
import { type Reached, workersOf } from './runtime/retired.ts';
import { StatsKeeper } from './runtime/stats-keeper.ts';
import { syncServers } from './runtime/sync.ts';

export type ProxyDeps = {
  readonly container: ProxyContainer;
  readonly certificates: CertificateFiles;
  readonly host: Pick<Host, 'listenerOn'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
  /** Who else holds a port of the machine. */
  readonly findHolder: (listener: Pick<Listener, 'address' | 'port'>, signal?: AbortSignal) => Promise<string | undefined>;
  readonly render: RenderOptions;
  readonly onTrouble?: ((error: BerthError) => void) | undefined;
};

/** An image that did not start is not tried with every change: a start may take 15 s to fail. */
const retryMs = 5 * 60_000;

/** One HAProxy at its place: looks at what runs and changes the least. */
export class Proxy {
  readonly #deps: ProxyDeps;
  readonly #keeper = new StatsKeeper();
  /** The image that could not take the place of the one that serves, since when, and why. */
  #refused: { readonly image: string | undefined; readonly atMs: number; readonly error: BerthError } | undefined;

  constructor(deps: ProxyDeps) {
    this.#deps = deps;
  }

  async apply(config: ProxyConfig, signal?: AbortSignal, how?: { readonly retry: boolean }): Promise<{ reloaded: boolean }> {
    const { container } = this.#deps;
    const wanted = render(config, this.#deps.render);
    const { standing, running } = await container.serving(signal);
    const { current } = standing;
    if (current === undefined && config.listeners.length === 0) {
      await container.tidy(standing, signal);
      return { reloaded: false };
    }
    await this.#deps.certificates.write(wanted.tls.files);
    if (current === undefined || running === undefined) {
      await this.#start({ config, wanted, standing }, signal);
      return { reloaded: true };
    }
    const serving = { config, wanted, standing: { ...standing, current }, running };
    if (!(await container.isOutdated(current, signal))) return this.#change(serving, signal);
    const image = await container.wantedImage(signal);
    if (how?.retry !== true && this.#hasRefused(image)) return this.#change(serving, signal);
    this.#refused = undefined;
    const error = await this.#replace(serving, signal);
    if (error === undefined) return { reloaded: true };
    const changed = await this.#change(serving, signal);
    // It took the very same configuration, so that is not what the new one ended for.
    this.#refused = { image, atMs: this.#deps.clock.monotonic(), error };
    this.#deps.onTrouble?.(error);
    return changed;
  }

  #hasRefused(image: string | undefined): boolean {
    const refused = this.#refused;
    return refused !== undefined && refused.image === image && this.#deps.clock.monotonic() - refused.atMs < retryMs;
  }

  /** Makes the HAProxy that serves what is wanted: as it runs where that can be, else with a reload. */
  async #change(
    { config, wanted, standing, running }: Changing<Serving> & { readonly running: Running },
    signal: AbortSignal | undefined,
  ): Promise<{ reloaded: boolean }> {
    const { container } = this.#deps;
    const { current } = standing;
    const reloaded = running.staticHash !== wanted.staticHash || !(await this.#certify({ current, running, wanted }, signal));
    if (reloaded) await this.#reload({ config, wanted, current }, signal);
    await this.#sync(current, config, signal);
    if (reloaded || running.bootHash !== wanted.hash) await container.commit(current, wanted, signal);
    await container.settle(standing, signal);
    return { reloaded };
  }

  async stats(signal?: AbortSignal): Promise<readonly ProxyServerStats[]> {
    const { container } = this.#deps;
    const { current } = await container.look(signal);
    if (current === undefined || !isUp(current) || (await container.ask(current, signal)) === undefined) return [];
    return this.#keeper.whole(await this.#counted(current, signal));
  }

  async version(wanted: ProxyConfig, signal?: AbortSignal): Promise<ProxyVersion | undefined> {
    const { container } = this.#deps;
    const { current } = await container.look(signal);
    if (current === undefined || !isUp(current)) return undefined;
    const running = await container.ask(current, signal);
    if (running === undefined) return undefined;
    const { details } = current;
    const retired = (await this.reach(signal))?.retired ?? [];
    const workers = await Promise.all(retired.map((r) => workersOf(r, signal)));
    const wantedImage = await container.wantedImage(signal);
    return {
      haproxy: readVersion(await this.#reachOf(current).lines.worker('show info', signal)),
      image: details.imageId,
      wantedImage,
      current: !(await container.isOutdated(current, signal)),
      configured: isRunning(running, render(wanted, this.#deps.render)),
      finishing: workers.filter((some) => some.length > 0).length,
      ...(this.#refused !== undefined && this.#refused.image === wantedImage ? { refused: this.#refused.error.message } : {}),
    };
  }

  /** Removes containers that were replaced and have ended; answers how many have not. */
  async tidy(signal?: AbortSignal): Promise<number> {
    const { container } = this.#deps;
    const standing = await container.look(signal);
    await container.tidy(standing, signal);
    return standing.others.filter((s) => isUp(s) && s.slot !== standing.holder?.slot).length;
  }

  /** A server that is not root cannot see whose a socket is: what the edge itself runs is its own. A front's ports are its own. */
  async portHolder(input: { address: string; port: number }, signal?: AbortSignal): Promise<string | undefined> {
    const { container, findHolder } = this.#deps;
    if (container.place.role === 'front') return undefined;
    const holder = await findHolder(input, signal);
    if (holder === undefined) return undefined;
    const { current } = await container.look(signal);
    if (current === undefined || !isUp(current)) return holder;
    const bound = boundBy((await this.#reachOf(current).directory.readRunning()) ?? '');
    return bindsOf(input, this.#deps.render.ipv6).every((bind) => bound.has(bind)) ? undefined : holder;
  }

  /** The command lines of the HAProxy that serves, and of those that were replaced and still run; undefined: none serves. */
  async reach(signal?: AbortSignal): Promise<Reached | undefined> {
    const { container, clock } = this.#deps;
    const { current, others } = await container.look(signal);
    if (current === undefined || !isUp(current)) return undefined;
    const retired = await Promise.all(
      others.filter(isUp).map(async (slot) => {
        const { lines, directory } = this.#reachOf(slot);
        const atMs = await directory.retiredAtMs();
        return { name: String(slot.slot), lines, sinceMs: atMs === undefined ? undefined : clock.now() - atMs };
      }),
    );
    return { lines: this.#reachOf(current).lines, retired };
  }

  #reachOf({ slot }: Slot): Reach {
    return this.#deps.container.reach(slot);
  }

  async #counted(slot: Slot, signal: AbortSignal | undefined): Promise<ProxyServerStats[]> {
    return readStats(await this.#reachOf(slot).lines.worker('show stat -1 4 -1', signal));
  }

  async #sync(slot: Slot, config: ProxyConfig, signal: AbortSignal | undefined): Promise<void> {
    const changes = await syncServers(this.#reachOf(slot).lines.worker, config, signal);
    this.#keeper.forget(changes.filter((c) => c.kind !== 'set').map((c) => c.target));
  }

  /** Gives HAProxy its certificates without a reload; answers whether it took them. Those that it does not, a reload has it read. */
  async #certify(
    { current, running, wanted }: { current: Slot; running: Running; wanted: Rendered },
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (running.tlsHash === wanted.tls.hash) return true;
    const { certificates } = this.#deps;
    const ask = this.#reachOf(current).lines.worker;
    const refused = await syncCertificates({ ask, read: (file) => certificates.read(file) }, wanted.tls, signal);
    if (refused.length > 0) return false;
    await ask(`experimental-mode on; set var ${tlsVariable} str(${wanted.tls.hash})`, signal);
    return true;
  }

  async #start({ config, wanted, standing }: Changing<Standing>, signal: AbortSignal | undefined): Promise<void> {
    const { container } = this.#deps;
    await this.#needPorts(config.listeners, signal);
    try {
      await this.#sync(await container.start(wanted, standing, signal), config, signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      await this.#needPorts(config.listeners, signal);
      throw thrown;
    }
  }

  /**
   * Puts a new container in the place of the one that serves. Both have the same listening sockets until the new one's
   * configuration is what a start would read; then the old one takes nothing new. A front that nobody could be answered
   * by is made anew instead, with a namespace of its own. Answers why the new one did not start, if it did not: then all is
   * as before.
   */
  async #replace({ config, wanted, standing }: Changing<Serving>, signal: AbortSignal | undefined): Promise<BerthError | undefined> {
    const { container } = this.#deps;
    const { current } = standing;
    if (container.place.role === 'front' && !config.backends.some((b) => b.servers.length > 0)) {
      await this.#start({ config, wanted, standing: { ...standing, holder: undefined } }, signal);
      return undefined;
    }
    await this.#needPorts(await this.#unbound(config, current), signal);
    const counted = await this.#counted(current, signal);
    const successor = await container.succeed(wanted, standing, signal).catch((thrown: unknown) => {
      signal?.throwIfAborted();
      return toBerthError(thrown);
    });
    if (successor instanceof BerthError) return successor;
    this.#keeper.carry(counted);
    await this.#sync(successor, config, signal);
    await container.commit(successor, wanted, signal);
    const { standing: now } = await container.serving(signal);
    if (now.current === undefined) throw edgeFailed('HAProxy was replaced, but its successor has gone.', []);
    await container.settle({ ...now, current: now.current }, signal);
    return undefined;
  }

  /** The candidate is the running file only as long as the reload takes; refused, the file of before is put back. */
  async #reload({ config, wanted, current }: Omit<Changing<never>, 'standing'> & { current: Slot }, signal: AbortSignal | undefined) {
    const { directory, lines } = this.#reachOf(current);
    const before = await directory.readRunning();
    const fresh = await this.#unbound(config, current);
    await this.#needPorts(fresh, signal);
    const counted = await this.#counted(current, signal);
    await directory.writeRunning(wanted.text);
    // From here on the reload is seen through: half of one would leave the wrong file behind.
    const answer = await lines.master('reload');
    if (!answer.startsWith('Success=1')) {
      await directory.writeRunning(before);
      await this.#needPorts(fresh, signal);
      throw edgeFailed('HAProxy refused a new configuration and goes on with the one before.', answer.split('\n').slice(2));
    }
    this.#keeper.carry(counted);
    const running = await this.#untilReloaded(current, wanted, signal);
    if (running === undefined || !isRunning(running, wanted)) {
      throw new BerthError('EDGE_FAILED', 'HAProxy reported a reload, but runs another configuration.', { details: { running } });
    }
  }

  /** The old worker may still answer a connection or two on the shared socket. */
  async #untilReloaded(current: Slot, wanted: Rendered, signal: AbortSignal | undefined): Promise<Running | undefined> {
    const { container, clock } = this.#deps;
    const untilMs = clock.monotonic() + 5_000;
    for (;;) {
      const running = await container.ask(current, signal);
      if ((running !== undefined && isRunning(running, wanted)) || clock.monotonic() >= untilMs) return running;
      await clock.sleep(10, signal);
    }
  }

  /** The wanted listeners that the HAProxy of a slot does not have yet. */
  async #unbound(config: ProxyConfig, current: Slot): Promise<readonly Listener[]> {
    const bound = boundBy((await this.#reachOf(current).directory.readRunning()) ?? '');
    return config.listeners.filter((l) => bindsOf(l, this.#deps.render.ipv6).some((bind) => !bound.has(bind)));
  }

  /** Ports of the machine; a front's namespace is its own. */
  async #needPorts(listeners: readonly Listener[], signal: AbortSignal | undefined): Promise<void> {
    const { container, findHolder } = this.#deps;
    if (container.place.role === 'front') return;
    for (const { address, port } of listeners) {
      const holder = await findHolder({ address, port }, signal);
      if (holder === undefined) continue;
      const where = address === '' ? `Port ${port}` : `Port ${port} of ${address}`;
      throw new BerthError('PORT_TAKEN', `${where} is held by ${holder}.`, {
        hint: 'Publish another port, or stop what holds it.',
        details: { address, port, holder },
      });
    }
  }
}

type Changing<S> = { readonly config: ProxyConfig; readonly wanted: Rendered; readonly standing: S };
type Serving = Standing & { readonly current: Slot };

function isRunning(running: Running, wanted: Rendered): boolean {
  return running.staticHash === wanted.staticHash && running.tlsHash === wanted.tls.hash;
}
