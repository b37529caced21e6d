import { join } from 'node:path';
import { BerthError } from '../../errors/index.ts';
import { labels } from '../../model/index.ts';
import type { Clock, ContainerDetails, Engine } from '../../ports/index.ts';
import type { CommandLine } from '../runtime/command-line.ts';
import { bootFile, commitCommand, edgeBody, edgeNames, type EdgeNames } from './container.ts';
import { ensureImage, type ImageSettings } from './image.ts';
import { type Rendered, staticVariable } from '../config/render.ts';
import { replaceExisting, type RunDirectory } from './run-directory.ts';

/** Set by hand once a configuration is the boot file, so never in a HAProxy that has just started. */
const bootVariable = 'proc.berth_boot';
/** After a kill the engine starts the container again within a second; a busy machine takes longer. */
const comebackMs = 10_000;
const startMs = 15_000;

export type EdgeContainerDeps = {
  readonly engine: Engine;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly lines: CommandLine;
  readonly directory: RunDirectory;
  readonly image: ImageSettings;
  readonly installation: string;
  readonly home: string;
  readonly owner: { readonly uid: number; readonly gid: number };
};

/** What a running HAProxy says about itself; undefined: it does not answer. */
export type Running = { readonly staticHash: string | undefined; readonly bootHash: string | undefined };

/** The container that HAProxy runs in: one an installation, started by the engine alone after a crash or a reboot. */
export class EdgeContainer {
  readonly names: EdgeNames;
  readonly #deps: EdgeContainerDeps;

  constructor(deps: EdgeContainerDeps) {
    this.#deps = deps;
    this.names = edgeNames(deps.installation);
  }

  inspect(signal?: AbortSignal): Promise<ContainerDetails | undefined> {
    return this.#deps.engine.inspectContainer(this.names.container, signal);
  }

  async isRunning(signal?: AbortSignal): Promise<boolean> {
    const state = (await this.inspect(signal))?.state;
    return state === 'running' || state === 'restarting';
  }

  /** Asks HAProxy what it runs, and waits a moment for one that is just coming back. */
  async ask(signal?: AbortSignal): Promise<Running | undefined> {
    const { clock } = this.#deps;
    const untilMs = clock.monotonic() + comebackMs;
    for (;;) {
      const running = await this.#askOnce(signal);
      if (running !== undefined) return running;
      if (clock.monotonic() >= untilMs || !(await this.isRunning(signal))) return undefined;
      await clock.sleep(50, signal);
    }
  }

  /**
   * Starts a new container with a configuration. Only when HAProxy runs it does it become the boot file, and only then
   * may the engine restart it; when HAProxy refuses, the boot file of before is started again, if there was one.
   */
  async start(wanted: Rendered, signal?: AbortSignal): Promise<void> {
    const { engine, directory, installation, image } = this.#deps;
    await ensureImage(engine, image, signal);
    await directory.prepare();
    const hadBootFile = (await engine.inspectVolume(this.names.volume, signal)) !== undefined;
    if (!hadBootFile) {
      const own = { [labels.role]: 'edge', [labels.installation]: installation };
      await engine.createVolume({ Name: this.names.volume, Driver: 'local', Labels: own }, signal);
    }
    await directory.writeTrial(wanted.text);
    const id = await this.#create(signal);
    try {
      await engine.startContainer(id, signal);
      await this.#untilRuns(id, wanted, signal);
      await this.commit(wanted, signal);
    } catch (thrown) {
      await this.#restoreBoot(id, hadBootFile);
      throw thrown;
    }
    await directory.writeTrial(undefined);
    await engine.setRestartPolicy(id, { name: 'always' }, signal);
  }

  /** Finishes what a server that died during {@link start} left: the trial file, and a container that would not come back. */
  async settle(details: ContainerDetails, signal?: AbortSignal): Promise<void> {
    if (details.restartPolicy.name === 'always') return;
    await this.#deps.directory.writeTrial(undefined);
    await this.#deps.engine.setRestartPolicy(details.id, { name: 'always' }, signal);
  }

  /** Makes the configuration that HAProxy runs the one that it starts with. */
  async commit(wanted: Rendered, signal?: AbortSignal): Promise<void> {
    const { directory, lines } = this.#deps;
    if ((await directory.readRunning()) !== wanted.text) await directory.writeRunning(wanted.text);
    if (!(await this.#replaceBoot(wanted.text, signal))) await this.#copyToBoot(signal);
    await lines.worker(`experimental-mode on; set var ${bootVariable} str(${wanted.hash})`, signal);
  }

  /** A server that may write where the engine keeps its volumes replaces the boot file itself, 30 times as fast. */
  async #replaceBoot(text: string, signal: AbortSignal | undefined): Promise<boolean> {
    const volume = await this.#deps.engine.inspectVolume(this.names.volume, signal);
    return volume !== undefined && replaceExisting(join(volume.mountpoint, bootFile), text);
  }

  /** Lets the container do it, which works wherever the engine is reached. */
  async #copyToBoot(signal: AbortSignal | undefined): Promise<void> {
    const done = await this.#deps.engine.exec(this.names.container, { command: commitCommand }, signal);
    if (done.exitCode !== 0) {
      throw new BerthError(
        'EDGE_FAILED',
        `Could not keep the edge's configuration: ${done.stderr.trim() || `exit code ${done.exitCode}`}.`,
      );
    }
  }

  async remove(signal?: AbortSignal): Promise<void> {
    const { engine, directory } = this.#deps;
    const details = await this.inspect(signal);
    if (details !== undefined) {
      await engine.stopContainer(details.id, { graceMs: 2_000 }, signal);
      await engine.removeContainer(details.id, { force: true }, signal);
    }
    await engine.removeVolume(this.names.volume, signal);
    await directory.clear();
  }

  async #askOnce(signal: AbortSignal | undefined): Promise<Running | undefined> {
    try {
      const [fixed, boot] = await Promise.all(
        [staticVariable, bootVariable].map((name) => this.#deps.lines.worker(`get var ${name}`, signal)),
      );
      return { staticHash: readVariable(fixed), bootHash: readVariable(boot) };
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }

  async #create(signal: AbortSignal | undefined): Promise<string> {
    const { engine, directory, installation, home, owner } = this.#deps;
    const before = await this.inspect(signal);
    if (before !== undefined) await engine.removeContainer(before.id, { force: true }, signal);
    const body = edgeBody({ names: this.names, installation, home, runDirectory: directory.path, owner });
    return engine.createContainer(this.names.container, body, signal);
  }

  async #untilRuns(id: string, wanted: Rendered, signal: AbortSignal | undefined): Promise<void> {
    const { clock, engine } = this.#deps;
    const untilMs = clock.monotonic() + startMs;
    for (;;) {
      if ((await this.#askOnce(signal))?.staticHash === wanted.staticHash) return;
      const state = (await engine.inspectContainer(id, signal))?.state;
      if (state !== 'running') throw await this.#refused(id, `it ended at once`, signal);
      if (clock.monotonic() >= untilMs) throw await this.#refused(id, `it did not answer within ${startMs / 1000} s`, signal);
      await clock.sleep(20, signal);
    }
  }

  async #refused(id: string, what: string, signal: AbortSignal | undefined): Promise<BerthError> {
    const lines: string[] = [];
    for await (const line of this.#deps.engine.containerLogs(id, { tail: 20 }, signal)) lines.push(line.text);
    return edgeFailed(`HAProxy could not be started: ${what}.`, lines);
  }

  /** What was there before is better than nothing, also when the caller has gone: no signal here. */
  async #restoreBoot(id: string, hadBootFile: boolean): Promise<void> {
    const { engine, directory } = this.#deps;
    await directory.writeTrial(undefined);
    if (!hadBootFile) {
      await engine.removeContainer(id, { force: true });
      await engine.removeVolume(this.names.volume);
      return;
    }
    await engine.stopContainer(id, { graceMs: 1_000 });
    await engine.setRestartPolicy(id, { name: 'always' });
    await engine.startContainer(id);
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
