import { BerthError } from '../../../src/errors/index.ts';
import type { ContainerBody, ContainerDetails, EngineEvent, LogLine, RestartPolicy } from '../../../src/ports/index.ts';
import type { Behaviour } from './behaviour.ts';
import type { FakeClock } from '../clock.ts';
import type { HeldImage } from './images.ts';
import { FakeNetworks, type FakeEndpoint } from './networks.ts';
import { Stream } from '../stream.ts';

export type FakeContainer = {
  readonly id: string;
  name: string;
  readonly body: ContainerBody;
  readonly image: HeldImage;
  readonly createdAtMs: number;
  readonly endpoints: Map<string, FakeEndpoint>;
  readonly mounts: ContainerDetails['mounts'];
  readonly logs: Stream<LogLine>;
  /** Path to bytes, as put there by `putArchive`. */
  readonly files: Map<string, Uint8Array>;
  readonly signals: string[];
  state: ContainerDetails['state'];
  health: ContainerDetails['health'];
  healthLog: ContainerDetails['healthLog'];
  pid: number;
  exitCode: number;
  oomKilled: boolean;
  error: string;
  restartCount: number;
  starts: number;
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
  restartPolicy: RestartPolicy;
  behaviour: Behaviour;
  /** Stopped by the user: no restart, also not after the engine's own. */
  stoppedByUser: boolean;
  stopping: boolean;
  /** What is due in this run, taken back when it ends. */
  cancels: (() => void)[];
  /** Called at each end, with the exit code. */
  onEnd: ((code: number) => void)[];
};

/** The containers of a fake engine and what happens to them: starts, ends, restarts, events. No port, no faults. */
export class FakeMachine {
  readonly clock: FakeClock;
  readonly networks: FakeNetworks;
  readonly containers = new Map<string, FakeContainer>();
  events = new Stream<EngineEvent>();
  #pid = 1000;

  constructor(clock: FakeClock, networks: FakeNetworks) {
    this.clock = clock;
    this.networks = networks;
  }

  find(idOrName: string): FakeContainer | undefined {
    const byId = this.containers.get(idOrName);
    if (byId !== undefined) return byId;
    for (const c of this.containers.values()) if (c.name === idOrName) return c;
    return undefined;
  }

  need(idOrName: string, doing: string): FakeContainer {
    const container = this.find(idOrName);
    if (container !== undefined) return container;
    throw new BerthError('ENGINE_REFUSED', `Could not ${doing} ${idOrName}: No such container.`, { details: { status: 404 } });
  }

  emit(type: string, action: string, id: string, attributes: Readonly<Record<string, string>>): void {
    this.events.push({ type, action, id, attributes, atMs: this.clock.now() });
  }

  emitContainer(c: FakeContainer, action: string, more: Readonly<Record<string, string>> = {}): void {
    this.emit('container', action, c.id, { ...c.body.Labels, image: c.body.Image, name: c.name, ...more });
  }

  start(c: FakeContainer): void {
    const behaviour =
      typeof c.image.behaviour === 'function' ? c.image.behaviour({ name: c.name, body: c.body, starts: c.starts + 1 }) : c.image.behaviour;
    this.#takeAddresses(c);
    if (behaviour.startError !== undefined) {
      this.#freeAddresses(c);
      c.error = behaviour.startError;
      c.exitCode = 127;
      throw new BerthError('ENGINE_REFUSED', `Could not start ${c.name}: ${behaviour.startError}`, { details: { status: 400 } });
    }
    c.behaviour = behaviour;
    c.starts++;
    c.state = 'running';
    c.stoppedByUser = false;
    c.stopping = false;
    c.error = '';
    c.exitCode = 0;
    c.oomKilled = false;
    c.pid = ++this.#pid;
    c.startedAtMs = this.clock.now();
    c.healthLog = [];
    c.health = hasHealthcheck(c) ? 'starting' : 'none';
    this.emitContainer(c, 'start');
    this.#schedule(c);
  }

  /** The container's process has ended. */
  end(c: FakeContainer, end: { code: number; oom?: boolean }): void {
    if (c.state !== 'running' && c.state !== 'paused') return;
    for (const cancel of c.cancels) cancel();
    c.cancels = [];
    this.#freeAddresses(c);
    c.pid = 0;
    c.stopping = false;
    c.exitCode = end.code;
    c.oomKilled = end.oom ?? false;
    c.finishedAtMs = this.clock.now();
    if (end.oom === true) this.emitContainer(c, 'oom');
    this.emitContainer(c, 'die', { exitCode: String(end.code) });
    const again = this.#restarts(c, end.code);
    c.state = again ? 'restarting' : 'exited';
    const waiting = c.onEnd;
    c.onEnd = [];
    for (const tell of waiting) tell(end.code);
    if (!again) return;
    // The engine waits 100 ms before the first restart and doubles that.
    const cancel = this.clock.after(100 * 2 ** Math.min(c.restartCount, 9), () => this.#restart(c));
    c.cancels.push(cancel);
  }

  #restart(c: FakeContainer): void {
    c.cancels = [];
    c.restartCount++;
    try {
      this.start(c);
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      c.state = 'exited';
    }
  }

  /** Stop signal, grace, kill; resolves when it has ended. */
  stop(c: FakeContainer, graceMs: number, unixSignal: string): Promise<void> {
    c.stoppedByUser = true;
    if (c.state === 'restarting') {
      for (const cancel of c.cancels) cancel();
      c.cancels = [];
      c.state = 'exited';
    }
    if (c.state !== 'running') return Promise.resolve();
    const takesMs = c.behaviour.stopTakesMs ?? 0;
    c.signals.push(unixSignal);
    c.stopping = true;
    this.emitContainer(c, 'kill', { signal: unixSignal });
    const { promise, resolve } = Promise.withResolvers<void>();
    c.onEnd.push(() => {
      this.emitContainer(c, 'stop');
      resolve();
    });
    const code = takesMs <= graceMs ? (c.behaviour.stopCode ?? 0) : 137;
    const waitMs = Math.min(takesMs, graceMs);
    if (waitMs === 0) this.end(c, { code });
    else c.cancels.push(this.clock.after(waitMs, () => this.end(c, { code })));
    return promise;
  }

  /** Gives it all its addresses or none. */
  #takeAddresses(c: FakeContainer): void {
    try {
      for (const [name, endpoint] of c.endpoints) {
        const network = this.networks.find(name);
        if (network === undefined) {
          throw new BerthError('ENGINE_REFUSED', `Could not start ${c.name}: network ${name} not found.`, { details: { status: 404 } });
        }
        this.networks.take(network, endpoint, c.id);
      }
    } catch (error) {
      this.#freeAddresses(c);
      throw error;
    }
  }

  #freeAddresses(c: FakeContainer): void {
    for (const [name, endpoint] of c.endpoints) {
      const network = this.networks.find(name);
      if (network !== undefined && network.held.get(endpoint.address) === c.id) this.networks.free(network, endpoint);
      endpoint.address = '';
    }
  }

  #schedule(c: FakeContainer): void {
    const { exit, logs = [], health = [], readyAfterMs = 0 } = c.behaviour;
    const later = (ms: number, fire: () => void): void => {
      c.cancels.push(this.clock.after(ms, fire));
    };
    for (const { afterMs = 0, stream = 'stdout', text } of logs) {
      const log = (): void => c.logs.push({ stream, atMs: this.clock.now(), text });
      if (afterMs === 0) log();
      else later(afterMs, log);
    }
    if (c.health === 'starting') {
      const turns = health.length > 0 ? health : [{ afterMs: readyAfterMs, to: 'healthy' as const }];
      for (const { afterMs, to } of turns) later(afterMs, () => this.#setHealth(c, to));
    }
    if (exit !== undefined) later(exit.afterMs, () => this.end(c, exit));
  }

  #setHealth(c: FakeContainer, to: 'healthy' | 'unhealthy'): void {
    c.health = to;
    const exitCode = to === 'healthy' ? 0 : 1;
    c.healthLog = [...c.healthLog, { exitCode, output: to, atMs: this.clock.now() }].slice(-5);
    this.emitContainer(c, `health_status: ${to}`);
  }

  #restarts(c: FakeContainer, code: number): boolean {
    if (c.stoppedByUser) return false;
    const { name, maxRetries = 0 } = c.restartPolicy;
    switch (name) {
      case 'no':
        return false;
      case 'always':
      case 'unless-stopped':
        return true;
      case 'on-failure':
        return code !== 0 && (maxRetries === 0 || c.restartCount < maxRetries);
      default:
        return name satisfies never;
    }
  }
}

function hasHealthcheck(c: FakeContainer): boolean {
  const own = c.body['Healthcheck'];
  if (typeof own === 'object' && own !== null && 'Test' in own && Array.isArray(own.Test) && own.Test.length > 0) {
    return own.Test[0] !== 'NONE';
  }
  return c.image.details.healthcheck;
}
