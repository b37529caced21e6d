import { join } from 'node:path';
import { BerthError } from '../../errors/index.ts';
import { labels } from '../../model/index.ts';
import type { Clock, Engine } from '../../ports/index.ts';
import { type CommandLine, openCommandLine } from '../runtime/command-line.ts';
import { bodyHash, bootFile, commitCommand, holdsNamespace, proxyBody } from './body.ts';
import type { CertificateFiles } from './certificates.ts';
import { ensureImage, type ImageSettings } from './image.ts';
import { tlsVariable } from '../config/certificates.ts';
import { type Rendered, staticVariable } from '../config/render.ts';
import { logDirectory, type Place, slotDirectory } from './place.ts';
import { joinNetworks } from './networks.ts';
import {
  canReplace,
  ensureDirectory,
  isThere,
  openRunDirectory,
  removeDirectory,
  type RunDirectory,
  writeDurably,
} from './run-directory.ts';
import { generationOf, isUp, type Slot, slotNumbers, type Standing, standingOf } from './standing.ts';

/** Set by hand once a configuration is the boot file, so never in a HAProxy that has just started. */
const bootVariable = 'proc.berth_boot';
/** After a kill the engine starts the container again within a second; a busy machine takes longer. */
const comebackMs = 10_000;
const startMs = 15_000;

export type ProxyContainerDeps = {
  readonly engine: Engine;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly image: ImageSettings;
  readonly place: Place;
  readonly certificates: CertificateFiles;
};

/** What a running HAProxy says about itself; undefined: it does not answer. */
export type Running = {
  readonly staticHash: string | undefined;
  readonly tlsHash: string | undefined;
  readonly bootHash: string | undefined;
};

/** A container of a proxy with what the server reaches of it. */
export type Reach = { readonly lines: CommandLine; readonly directory: RunDirectory };

/**
 * The containers of one proxy: one that serves, started by the engine alone after a crash or a reboot, and for a while
 * those that it replaced. Nothing is remembered here: the engine and the run directory say what there is.
 */
export class ProxyContainer {
  readonly place: Place;
  readonly #deps: ProxyContainerDeps;
  readonly #reaches = new Map<number, Reach>();

  constructor(deps: ProxyContainerDeps) {
    this.#deps = deps;
    this.place = deps.place;
  }

  /** The sockets and files of a slot. */
  reach(slot: number): Reach {
    const known = this.#reaches.get(slot);
    if (known !== undefined) return known;
    const directory = openRunDirectory(slotDirectory(this.place, slot));
    const reach = { directory, lines: openCommandLine(directory.sockets) };
    this.#reaches.set(slot, reach);
    return reach;
  }

  /** Asks the engine which containers there are. */
  async look(signal?: AbortSignal): Promise<Standing> {
    const found = await Promise.all(slotNumbers.map((slot) => this.#inspect(slot, signal)));
    return standingOf(
      this.place,
      found.filter((s) => s !== undefined),
    );
  }

  /** The container that serves and what it runs. A successor that never came to answer is removed, and the one before counts. */
  async serving(signal?: AbortSignal): Promise<{ readonly standing: Standing; readonly running: Running | undefined }> {
    for (;;) {
      const standing = await this.look(signal);
      const { current, others } = standing;
      const running = current === undefined ? undefined : await this.ask(current, signal);
      if (current === undefined || running !== undefined) return { standing, running };
      if (!others.some((s) => isUp(s) && !s.retired)) return { standing, running };
      await this.#discard(current, signal);
    }
  }

  /** Asks HAProxy what it runs, and waits a moment for one that is just coming back. */
  async ask(slot: Slot, signal?: AbortSignal): Promise<Running | undefined> {
    const { clock } = this.#deps;
    const untilMs = clock.monotonic() + comebackMs;
    for (let found: Slot | undefined = slot; ; found = await this.#inspect(slot.slot, signal)) {
      const running = await this.#askOnce(slot.slot, signal);
      if (running !== undefined) return running;
      if (clock.monotonic() >= untilMs || found === undefined || !isUp(found)) return undefined;
      await clock.sleep(50, signal);
    }
  }

  /** The id of the image that a new container is started from, when the engine has it. */
  async wantedImage(signal?: AbortSignal): Promise<string | undefined> {
    return (await this.#deps.engine.inspectImage(this.place.image, signal))?.id;
  }

  /** Whether the container was made from another image, or otherwise, than this berth would make it; the image must be there. */
  async isOutdated({ details }: Slot, signal?: AbortSignal): Promise<boolean> {
    const image = await this.wantedImage(signal);
    if (image === undefined) return false;
    return details.imageId !== image || details.labels[labels.config] !== bodyHash(this.place);
  }

  /**
   * Starts a new container with a configuration. Only when HAProxy runs it does it become the boot file, and only then
   * may the engine restart it; when HAProxy refuses, the boot file of before is started again, if there was one.
   */
  async start(wanted: Rendered, standing: Standing, signal?: AbortSignal): Promise<Slot> {
    await ensureImage(this.#deps.engine, this.#deps.image, signal);
    const hadBootFile = await this.#ensureBoot(signal);
    const holder = await this.#clear(standing, signal);
    const started = await this.#create({ wanted, joins: holder }, signal);
    try {
      await this.#run(started, wanted, signal);
      await this.commit(started, wanted, signal);
    } catch (thrown) {
      await this.#restoreBoot(started, hadBootFile);
      throw thrown;
    }
    await this.#settleOne(started, signal);
    return started;
  }

  /** Starts a container beside the one that serves, which hands it its listening sockets. Refused, all is as before. */
  async succeed(wanted: Rendered, standing: Standing, signal?: AbortSignal): Promise<Slot> {
    await this.tidy(standing, signal);
    const started = await this.#create({ wanted, joins: standing.holder, takesOver: standing.current }, signal);
    try {
      await this.#run(started, wanted, signal);
    } catch (thrown) {
      await this.#discard(started);
      throw thrown;
    }
    return started;
  }

  /**
   * Finishes what a server that died on the way left: the trial file, a container that would not come back, networks
   * and names of a front, and containers that served before, which take nothing new from here on.
   */
  async settle(standing: Standing & { readonly current: Slot }, signal?: AbortSignal): Promise<void> {
    const { current, holder, others } = standing;
    await this.#settleOne(current, signal);
    if (holder !== undefined && this.place.networks !== 'host') {
      await joinNetworks(
        this.#deps.engine,
        { container: holder.details, serving: current.details.id, wanted: this.place.networks },
        signal,
      );
    }
    for (const other of others) if (isUp(other)) await this.#retire(other, signal);
    await this.tidy(standing, signal);
  }

  /** Removes what has ended, or never began. */
  async tidy({ holder, others }: Standing, signal?: AbortSignal): Promise<void> {
    const over = others.filter((s) => s.slot !== holder?.slot && !isUp(s));
    for (const slot of over.toSorted((a, b) => b.slot - a.slot)) await this.#discard(slot, signal);
  }

  /** Makes the configuration that HAProxy runs the one that it starts with. */
  async commit({ slot }: Slot, wanted: Rendered, signal?: AbortSignal): Promise<void> {
    const { directory, lines } = this.reach(slot);
    if (this.place.role === 'edge') await this.#deps.certificates.prune(wanted.tls.files);
    if ((await directory.readRunning()) !== wanted.text) await directory.writeRunning(wanted.text);
    if ('directory' in this.place.boot) await writeDurably(join(this.place.boot.directory, bootFile), wanted.text);
    else if (!(await this.#replaceBoot(this.place.boot.volume, wanted.text, signal))) await this.#copyToBoot(slot, signal);
    await lines.worker(`experimental-mode on; set var ${bootVariable} str(${wanted.hash})`, signal);
  }

  async remove(signal?: AbortSignal, finishMs = 0): Promise<void> {
    const { engine } = this.#deps;
    const found = await Promise.all(slotNumbers.map((slot) => this.#inspect(slot, signal)));
    const running = found.filter((slot) => slot !== undefined).filter(isUp);
    if (finishMs > 0) await Promise.all(running.map((slot) => this.#finish(slot, finishMs, signal)));
    // Who joined a namespace goes before the one that holds it.
    for (const slot of found.toReversed()) {
      if (slot === undefined) continue;
      await engine.stopContainer(slot.details.id, { graceMs: 2_000 }, signal);
      await this.#discard(slot, signal);
    }
    if ('volume' in this.place.boot) await engine.removeVolume(this.place.boot.volume, signal);
    await Promise.all(slotNumbers.map((slot) => this.reach(slot).directory.clear()));
    if (this.place.role === 'edge') await this.#deps.certificates.clear();
    if ('directory' in this.place.boot) await removeDirectory(this.place.directory);
  }

  async #inspect(slot: number, signal: AbortSignal | undefined): Promise<Slot | undefined> {
    const { engine } = this.#deps;
    const name = this.#nameOf(slot);
    let details = await engine.inspectContainer(name, signal);
    // Whoever paused it for a change of its networks may have died meanwhile.
    if (details?.state === 'paused') {
      await engine.unpauseContainer(details.id, signal);
      details = await engine.inspectContainer(name, signal);
    }
    if (details === undefined) return undefined;
    const retired = (await this.reach(slot).directory.retiredAtMs()) !== undefined;
    return { slot, generation: generationOf(details), details, retired };
  }

  #nameOf(slot: number): string {
    return slot === 1 ? this.place.name : `${this.place.name}-${slot}`;
  }

  async #askOnce(slot: number, signal: AbortSignal | undefined): Promise<Running | undefined> {
    const { lines } = this.reach(slot);
    try {
      const names = [staticVariable, tlsVariable, bootVariable];
      const [fixed, tls, boot] = await Promise.all(names.map((name) => lines.worker(`get var ${name}`, signal)));
      return { staticHash: readVariable(fixed), tlsHash: readVariable(tls), bootHash: readVariable(boot) };
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }

  /** Makes room for a start from nothing; answers the container whose namespace the new one joins. */
  async #clear({ current, holder, others }: Standing, signal: AbortSignal | undefined): Promise<Slot | undefined> {
    const kept = current?.slot === holder?.slot ? undefined : holder;
    const all = [...others, ...(current === undefined ? [] : [current])].toSorted((a, b) => b.slot - a.slot);
    for (const slot of all) {
      const finishing = this.place.role === 'edge' && slot.retired && isUp(slot);
      if (slot.slot !== kept?.slot && !finishing) await this.#discard(slot, signal);
    }
    return kept;
  }

  /** Answers whether there was a boot file. */
  async #ensureBoot(signal: AbortSignal | undefined): Promise<boolean> {
    const { engine } = this.#deps;
    const { boot, directory, labels: own } = this.place;
    if ('directory' in boot) {
      await ensureDirectory(directory, { mode: 0o711 });
      await ensureDirectory(boot.directory, { mode: 0o755 });
      return isThere(join(boot.directory, bootFile));
    }
    if ((await engine.inspectVolume(boot.volume, signal)) !== undefined) return true;
    await engine.createVolume({ Name: boot.volume, Driver: 'local', Labels: own }, signal);
    return false;
  }

  async #create(
    input: { readonly wanted: Rendered; readonly joins: Slot | undefined; readonly takesOver?: Slot | undefined },
    signal: AbortSignal | undefined,
  ): Promise<Slot> {
    const { engine } = this.#deps;
    const found = (await Promise.all(slotNumbers.map((n) => this.#inspect(n, signal)))).filter((s) => s !== undefined);
    const slot = slotNumbers.find((n) => found.every((s) => s.slot !== n));
    if (slot === undefined) throw edgeFailed('The containers that were replaced before still finish their connections.', []);
    const generation = Math.max(0, ...found.map((s) => s.generation)) + 1;
    const { directory } = this.reach(slot);
    await ensureDirectory(directory.path, { mode: 0o700, owner: this.place.user.uid === 0 ? undefined : this.place.user });
    await ensureDirectory(logDirectory(this.place), { mode: 0o711 });
    await directory.clear();
    await directory.writeTrial(input.wanted.text);
    const body = proxyBody(this.place, { slot, generation, joins: input.joins?.details.id, takesOver: input.takesOver?.slot });
    const id = await engine.createContainer(this.#nameOf(slot), body, signal);
    const details = await engine.inspectContainer(id, signal);
    if (details === undefined) throw edgeFailed(`Its container ${this.#nameOf(slot)} went away while it was made.`, []);
    return { slot, generation, details, retired: false };
  }

  async #run(slot: Slot, wanted: Rendered, signal: AbortSignal | undefined): Promise<void> {
    const { engine } = this.#deps;
    const { networks } = this.place;
    if (networks !== 'host' && holdsNamespace(this.place, slot.slot)) {
      await joinNetworks(engine, { container: slot.details, serving: slot.details.id, wanted: networks }, signal);
    }
    await engine.startContainer(slot.details.id, signal);
    await this.#untilRuns(slot, wanted, signal);
  }

  async #untilRuns({ slot, details }: Slot, wanted: Rendered, signal: AbortSignal | undefined): Promise<void> {
    const { clock, engine } = this.#deps;
    const untilMs = clock.monotonic() + startMs;
    for (;;) {
      // The worker answers a moment before the master does, whom the next reload asks.
      const runs = (await this.#askOnce(slot, signal))?.staticHash === wanted.staticHash;
      if (runs && (await this.#hasMaster(slot, signal))) return;
      const state = (await engine.inspectContainer(details.id, signal))?.state;
      if (state !== 'running') throw await this.#refused(details.id, `it ended at once`, signal);
      if (clock.monotonic() >= untilMs) throw await this.#refused(details.id, `it did not answer within ${startMs / 1000} s`, signal);
      await clock.sleep(20, signal);
    }
  }

  async #refused(id: string, what: string, signal: AbortSignal | undefined): Promise<BerthError> {
    const lines: string[] = [];
    for await (const line of this.#deps.engine.containerLogs(id, { tail: 20 }, signal)) lines.push(line.text);
    return edgeFailed(`HAProxy could not be started: ${what}.`, lines);
  }

  async #settleOne({ slot, details }: Slot, signal: AbortSignal | undefined): Promise<void> {
    if (details.restartPolicy.name === 'always') return;
    await this.reach(slot).directory.writeTrial(undefined);
    await this.#deps.engine.setRestartPolicy(details.id, { name: 'always' }, signal);
  }

  /** Lets a HAProxy finish what it has. The one that holds the namespace is started again after a reboot, when nobody else is. */
  async #retire({ slot, details, retired }: Slot, signal: AbortSignal | undefined): Promise<void> {
    const { engine } = this.#deps;
    const holds = holdsNamespace(this.place, slot);
    if (retired && holds && (await this.#askOnce(slot, signal)) === undefined) return;
    await this.reach(slot).directory.markRetired();
    if (!holds) await engine.setRestartPolicy(details.id, { name: 'no' }, signal);
    try {
      await engine.killContainer(details.id, 'SIGUSR1', signal);
    } catch (thrown) {
      if (!(thrown instanceof BerthError) || thrown.code !== 'ENGINE_CONFLICT') throw thrown;
      // It has ended in this moment.
    }
  }

  /** Waits until a HAProxy that takes nothing new has ended: the master stays as long as a worker has something in hand. */
  async #finish(slot: Slot, mostMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#deps;
    const untilMs = clock.monotonic() + mostMs;
    await this.#retire(slot, signal);
    while (clock.monotonic() < untilMs && (await this.#hasMaster(slot.slot, signal))) await clock.sleep(50, signal);
  }

  async #hasMaster(slot: number, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.reach(slot).lines.master('show proc', signal);
      return true;
    } catch {
      signal?.throwIfAborted();
      return false;
    }
  }

  async #discard({ slot, details }: Slot, signal?: AbortSignal): Promise<void> {
    await this.#deps.engine.removeContainer(details.id, { force: true }, signal);
    await this.reach(slot).directory.clear();
  }

  /** A server that may write where the engine keeps its volumes replaces the boot file itself, 30 times as fast. */
  async #replaceBoot(name: string, text: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { engine, certificates } = this.#deps;
    const volume = await engine.inspectVolume(name, signal);
    if (volume === undefined || !(await canReplace(join(volume.mountpoint, bootFile)))) return false;
    await certificates.copyTo(volume.mountpoint);
    await writeDurably(join(volume.mountpoint, bootFile), text);
    await certificates.pruneCopy(volume.mountpoint);
    return true;
  }

  /** Lets the container do it, which works wherever the engine is reached. */
  async #copyToBoot(slot: number, signal: AbortSignal | undefined): Promise<void> {
    const done = await this.#deps.engine.exec(this.#nameOf(slot), { command: commitCommand(this.place, slot) }, signal);
    if (done.exitCode !== 0) {
      throw new BerthError(
        'EDGE_FAILED',
        `Could not keep the edge's configuration: ${done.stderr.trim() || `exit code ${done.exitCode}`}.`,
      );
    }
  }

  /** What was there before is better than nothing, also when the caller has gone: no signal here. */
  async #restoreBoot({ slot, details }: Slot, hadBootFile: boolean): Promise<void> {
    const { engine } = this.#deps;
    await this.reach(slot).directory.writeTrial(undefined);
    if (!hadBootFile) {
      await this.remove();
      return;
    }
    await engine.stopContainer(details.id, { graceMs: 1_000 });
    await engine.setRestartPolicy(details.id, { name: 'always' });
    await engine.startContainer(details.id);
  }
}

/** An EDGE_FAILED with HAProxy's own words: the alerts, or the last lines when it raised none. */
export function edgeFailed(message: string, lines: readonly string[]): BerthError {
  const alerts = lines.filter((line) => line.startsWith('[ALERT]'));
  const shown = (alerts.length > 0 ? alerts : lines.slice(-5)).map((line) => line.replace(/^\[\w+\]\s+\(\d+\) : /, ''));
  return new BerthError('EDGE_FAILED', shown.length === 0 ? message : `${message} It says: ${shown.join(' ')}`, { details: { lines } });
}

function readVariable(answer: string | undefined): string | undefined {
  return /value=<([^>]*)>/.exec(answer ?? '')?.[1];
}
