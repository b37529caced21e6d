import { BerthError } from '../../../src/errors/index.ts';
import type * as ports from '../../../src/ports/index.ts';
import { FakeArchives } from './archives.ts';
import { hasLabels, mountsOf, newContainer, toDetails, toSummary, volumePath } from './container.ts';
import type { HeldImage } from './images.ts';
import type { FakeContainer } from './machine.ts';
import { attachFake, openFakeExec } from './sessions.ts';
import { FakeEngineState } from './state.ts';

/** The calls of the port that are about containers. */
export class FakeContainerCalls extends FakeEngineState {
  readonly #archives = new FakeArchives();

  info(signal?: AbortSignal): Promise<ports.EngineInfo> {
    return this.call('info', signal, () => ({
      name: 'docker',
      version: '20.10.24',
      apiVersion: '1.41',
      arch: 'amd64',
      os: 'linux',
      rootless: false,
      socket: '/fake/docker.sock',
    }));
  }

  ping(signal?: AbortSignal): Promise<void> {
    return this.call('ping', signal, () => undefined);
  }

  listContainers(
    query: { labels: Readonly<Record<string, string>>; all?: boolean },
    signal?: AbortSignal,
  ): Promise<ports.ContainerSummary[]> {
    return this.call('listContainers', signal, () => {
      const found: ports.ContainerSummary[] = [];
      for (const c of this.machine.containers.values()) {
        if (query.all !== true && (c.state === 'created' || c.state === 'exited' || c.state === 'dead')) continue;
        if (hasLabels(query.labels, c.body.Labels)) found.push(toSummary(c));
      }
      return found;
    });
  }

  inspectContainer(idOrName: string, signal?: AbortSignal): Promise<ports.ContainerDetails | undefined> {
    return this.call('inspectContainer', signal, () => {
      const c = this.machine.find(idOrName);
      return c === undefined ? undefined : toDetails(c, this.machine);
    });
  }

  createContainer(name: string, body: ports.ContainerBody, signal?: AbortSignal): Promise<string> {
    return this.call('createContainer', signal, () => {
      const image = this.images.find(body.Image);
      if (image === undefined) throw new BerthError('IMAGE_NOT_FOUND', `Could not create ${name}: No such image: ${body.Image}`);
      if (this.machine.find(name) !== undefined) {
        throw new BerthError('ENGINE_CONFLICT', `Could not create ${name}: the name is already in use.`, { details: { status: 409 } });
      }
      if (Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {}).length > 1) {
        throw new BerthError('ENGINE_REFUSED', `Could not create ${name}: it cannot be created on several networks.`, {
          details: { status: 400 },
        });
      }
      const c = newContainer({ id: this.nextId(), name, body, image, atMs: this.clock.now(), mounts: this.#mounts(body, image) });
      this.machine.containers.set(c.id, c);
      this.machine.emitContainer(c, 'create');
      return c.id;
    });
  }

  startContainer(id: string, signal?: AbortSignal): Promise<void> {
    return this.call('startContainer', signal, () => {
      const c = this.machine.need(id, 'start');
      if (c.state === 'running' || c.state === 'restarting') return;
      c.restartCount = 0;
      this.machine.start(c);
    });
  }

  stopContainer(id: string, input: { graceMs: number; signal?: string | undefined }, signal?: AbortSignal): Promise<void> {
    return this.call('stopContainer', signal, () => {
      const c = this.machine.find(id);
      return c === undefined ? undefined : this.machine.stop(c, input.graceMs, input.signal ?? c.image.details.stopSignal ?? 'SIGTERM');
    });
  }

  killContainer(id: string, unixSignal: string, signal?: AbortSignal): Promise<void> {
    return this.call('killContainer', signal, () => {
      const c = this.machine.need(id, 'kill');
      if (c.state !== 'running') {
        throw new BerthError('ENGINE_CONFLICT', `Could not kill ${c.name}: it is not running.`, { details: { status: 409 } });
      }
      c.signals.push(unixSignal);
      this.machine.emitContainer(c, 'kill', { signal: unixSignal });
      const ends =
        unixSignal === 'SIGKILL' || unixSignal === 'KILL' ? 137 : unixSignal === 'SIGTERM' ? (c.behaviour.stopCode ?? 0) : undefined;
      if (ends === undefined) return;
      c.stoppedByUser = true;
      this.machine.end(c, { code: ends });
    });
  }

  unpauseContainer(id: string, signal?: AbortSignal): Promise<void> {
    return this.call('unpauseContainer', signal, () => {
      const c = this.machine.find(id);
      if (c?.state === 'paused') c.state = 'running';
    });
  }

  removeContainer(id: string, input: { force?: boolean; volumes?: boolean }, signal?: AbortSignal): Promise<void> {
    return this.call('removeContainer', signal, () => {
      const c = this.machine.find(id);
      if (c === undefined) return;
      if (c.state === 'running' || c.state === 'restarting') {
        if (input.force !== true) {
          throw new BerthError('ENGINE_CONFLICT', `Could not remove ${c.name}: it is running.`, { details: { status: 409 } });
        }
        c.stoppedByUser = true;
        for (const cancel of c.cancels) cancel();
        this.machine.end(c, { code: 137 });
      }
      c.logs.end();
      this.machine.containers.delete(c.id);
      if (input.volumes === true) {
        for (const m of c.mounts) if (m.name !== undefined && /^[0-9a-f]{64}$/.test(m.name)) this.volumes.delete(m.name);
      }
      this.machine.emitContainer(c, 'destroy');
    });
  }

  renameContainer(id: string, name: string, signal?: AbortSignal): Promise<void> {
    return this.call('renameContainer', signal, () => {
      const c = this.machine.need(id, 'rename');
      if (this.machine.find(name) !== undefined) {
        throw new BerthError('ENGINE_CONFLICT', `Could not rename ${c.name}: ${name} is in use.`, { details: { status: 409 } });
      }
      c.name = name;
      this.machine.emitContainer(c, 'rename');
    });
  }

  setRestartPolicy(id: string, policy: ports.RestartPolicy, signal?: AbortSignal): Promise<void> {
    return this.call('setRestartPolicy', signal, () => {
      this.machine.need(id, 'update').restartPolicy = policy;
    });
  }

  waitContainer(id: string, signal?: AbortSignal): Promise<number> {
    return this.call('waitContainer', signal, () => {
      const c = this.machine.need(id, 'wait for');
      if (c.state !== 'running' && c.state !== 'paused') return c.exitCode;
      return new Promise<number>((resolve, reject) => {
        c.onEnd.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    });
  }

  async *containerLogs(id: string, query: ports.LogQuery, signal?: AbortSignal): AsyncIterable<ports.LogLine> {
    const c = await this.call('containerLogs', signal, () => this.machine.need(id, 'read the log of'));
    const { sinceMs = 0, untilMs = Infinity, tail = Infinity } = query;
    const fits = (l: ports.LogLine): boolean => l.atMs >= sinceMs && l.atMs <= untilMs;
    const seen = c.logs.items.length;
    const old = c.logs.items.filter(fits);
    yield* old.slice(Math.max(0, old.length - tail));
    if (query.follow !== true) return;
    const over = new AbortController();
    if (c.state === 'running') c.onEnd.push(() => over.abort());
    else over.abort();
    for await (const line of c.logs.follow(seen, signal, over.signal)) if (fits(line)) yield line;
  }

  containerStats(id: string, signal?: AbortSignal): Promise<ports.ContainerStats | undefined> {
    return this.call('containerStats', signal, () => {
      const c = this.machine.find(id);
      if (c?.state !== 'running') return undefined;
      return { cpuPercent: 1, memoryBytes: 10_000_000, memoryLimitBytes: 1_000_000_000, rxBytes: 0, txBytes: 0, pids: 1 };
    });
  }

  putArchive(id: string, path: string, tar: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.call('putArchive', signal, () => this.#archives.put(this.machine.need(id, 'write files to'), path, tar));
  }

  getArchive(id: string, path: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return this.call('getArchive', signal, () => this.#archives.get(this.machine.find(id), path));
  }

  exec(id: string, input: ports.ExecInput, signal?: AbortSignal): Promise<ports.ExecResult> {
    return this.call('exec', signal, () => {
      const c = this.#needRunning(id);
      return { exitCode: 0, stdout: '', stderr: '', ...c.behaviour.exec?.(input) };
    });
  }

  openExec(id: string, input: ports.ExecInput & { tty: boolean; stdin: boolean }, signal?: AbortSignal): Promise<ports.ExecSession> {
    return this.call('openExec', signal, () => openFakeExec(this.#needRunning(id), input, signal));
  }

  attachContainer(id: string, _input: { tty: boolean; stdin: boolean }, signal?: AbortSignal): Promise<ports.AttachSession> {
    return this.call('attachContainer', signal, () => attachFake(this.machine, this.machine.need(id, 'attach to'), signal));
  }

  resizeContainer(id: string, _size: { rows: number; columns: number }, signal?: AbortSignal): Promise<void> {
    return this.call('resizeContainer', signal, () => {
      this.#needRunning(id);
    });
  }

  #needRunning(id: string): FakeContainer {
    const c = this.machine.need(id, 'use');
    if (c.state === 'running') return c;
    throw new BerthError('ENGINE_CONFLICT', `Could not use ${c.name}: it is not running.`, { details: { status: 409 } });
  }

  #mounts(body: ports.ContainerBody, image: HeldImage): ports.ContainerDetails['mounts'] {
    return mountsOf(body, image.details.volumes, (name = this.nextId()) => {
      if (!this.volumes.has(name)) this.addVolume({ Name: name, Labels: {} });
      return name;
    });
  }

  protected addVolume(body: ports.VolumeBody): void {
    const driver = body.Driver ?? 'local';
    this.volumes.set(body.Name, { name: body.Name, driver, labels: body.Labels, mountpoint: volumePath(body.Name) });
  }
}
