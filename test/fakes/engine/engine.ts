import { BerthError } from '../../../src/errors/index.ts';
import type * as ports from '../../../src/ports/index.ts';
import type { FakeImage } from './behaviour.ts';
import { FakeContainerCalls } from './container-calls.ts';
import { hasLabels, toEndpoint } from './container.ts';
import type { Fault } from './faults.ts';
import { collect, familiar, fromChanges, matches } from './images.ts';
import type { FakeContainer } from './machine.ts';
import { toNetwork, type FakeNetwork } from './networks.ts';
import { Stream } from '../stream.ts';

export type { Behaviour, FakeImage } from './behaviour.ts';
export type { Fault } from './faults.ts';

/**
 * A container engine in memory: it works like the real one (names, addresses, restarts, health, events), driven by a
 * fake clock. What the applications do is set per image with `addImage`; what goes wrong with `inject`, `crash` and
 * `restart`. It passes the contract suite of the real adapter.
 */
export class FakeEngine extends FakeContainerCalls implements ports.Engine {
  // What a test does to it.

  /** Puts an image on the engine and answers its id. */
  addImage(reference: string, image: FakeImage = {}): string {
    return this.images.add(reference, image).id;
  }

  /** Makes a fault strike some of the coming calls. */
  inject(fault: Fault): void {
    this.faults.add(fault);
  }

  /** Ends a running container's process at once, as a crash does. */
  crash(idOrName: string, end: { code: number; oom?: boolean } = { code: 1 }): void {
    this.machine.end(this.machine.need(idOrName, 'crash'), end);
  }

  /** The engine itself restarts: containers end, calls fail for `downMs`, then restart policies act, in any order. */
  restart(input: { downMs?: number } = {}): void {
    const gone = new BerthError('ENGINE_UNREACHABLE', 'The container engine went away.');
    const again: FakeContainer[] = [];
    for (const c of this.machine.containers.values()) {
      const wasUp = c.state === 'running' || c.state === 'paused' || c.state === 'restarting';
      const stoppedByUser = c.stoppedByUser;
      c.stoppedByUser = true;
      for (const cancel of c.cancels) cancel();
      this.machine.end(c, { code: 137 });
      if (c.state === 'restarting') c.state = 'exited';
      c.stoppedByUser = stoppedByUser;
      const { name } = c.restartPolicy;
      if (!stoppedByUser && wasUp && name !== 'no') again.push(c);
      else if (name === 'always' && c.starts > 0) again.push(c);
    }
    this.machine.events.end(gone);
    this.machine.events = new Stream();
    this.downUntilMs = this.clock.now() + (input.downMs ?? 0);
    const order = again.map((c) => ({ c, key: this.random() })).toSorted((a, b) => a.key - b.key);
    const startAll = (): void => {
      for (const { c } of order) {
        // The proxies are made anew behind the engine's back while it is away.
        if (!this.machine.containers.has(c.id)) continue;
        c.restartCount = 0;
        if (c.state === 'exited') this.machine.start(c);
      }
    };
    if (input.downMs === undefined) startAll();
    else this.clock.after(input.downMs, startAll);
  }

  /** Running containers that hold an address (or are in the host's network, for 127.0.0.1). */
  containerAt(address: string): FakeContainer | undefined {
    for (const c of this.machine.containers.values()) {
      if (c.state !== 'running') continue;
      for (const [network, e] of c.endpoints) {
        if (e.address === address || (network === 'host' && address === '127.0.0.1')) return c;
      }
    }
    return undefined;
  }

  // The rest of the port: images, networks, volumes, events.

  inspectImage(reference: string, signal?: AbortSignal): Promise<ports.ImageDetails | undefined> {
    return this.call('inspectImage', signal, () => {
      const image = this.images.find(reference);
      return image === undefined ? undefined : { ...image.details, id: image.id, tags: [...image.tags] };
    });
  }

  listImages(
    query: { labels?: Readonly<Record<string, string>>; reference?: string },
    signal?: AbortSignal,
  ): Promise<ports.ImageSummary[]> {
    return this.call('listImages', signal, () =>
      this.images
        .list()
        .map((i) => ({ ...i.details, id: i.id, tags: [...i.tags] }))
        .filter((i) => hasLabels(query.labels ?? {}, i.labels))
        .filter((i) => query.reference === undefined || i.tags.some((t) => matches(t, query.reference ?? ''))),
    );
  }

  pullImage(
    input: { reference: string; platform?: string | undefined; auth?: ports.RegistryAuth | undefined },
    onProgress: (p: ports.PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.call('pullImage', signal, () => {
      const image = this.images.pull(input.reference);
      onProgress({ current: image.details.sizeBytes, total: image.details.sizeBytes, status: 'Pull complete' });
    });
  }

  tagImage(reference: string, repository: string, tag: string, signal?: AbortSignal): Promise<void> {
    return this.call('tagImage', signal, () => {
      const image = this.images.find(reference);
      if (image === undefined) throw new BerthError('IMAGE_NOT_FOUND', `Could not tag ${reference}: No such image.`);
      this.images.tag(image, familiar(`${repository}:${tag}`));
    });
  }

  removeImage(reference: string, signal?: AbortSignal): Promise<boolean> {
    return this.call('removeImage', signal, () =>
      this.images.remove(reference, (image) => [...this.machine.containers.values()].some((c) => c.image === image)),
    );
  }

  loadImage(tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    return this.call('loadImage', signal, () => this.images.load(tar));
  }

  importImage(
    input: { tar: AsyncIterable<Uint8Array>; repository: string; tag: string; changes: readonly string[] },
    signal?: AbortSignal,
  ): Promise<string> {
    return this.call('importImage', signal, async () => {
      const bytes = await collect(input.tar);
      return this.images.add(`${input.repository}:${input.tag}`, { sizeBytes: bytes.length, ...fromChanges(input.changes) }).id;
    });
  }

  listNetworks(signal?: AbortSignal): Promise<ports.NetworkDetails[]> {
    return this.call('listNetworks', signal, () => [...this.networks.byName.values()].map((n) => toNetwork(n)));
  }

  inspectNetwork(name: string, signal?: AbortSignal): Promise<ports.NetworkDetails | undefined> {
    return this.call('inspectNetwork', signal, () => {
      const n = this.networks.find(name);
      if (n === undefined) return undefined;
      const containers = [...n.held].map(([address, id]) => ({ id, name: this.machine.find(id)?.name ?? '', address }));
      return { ...toNetwork(n), containers };
    });
  }

  createNetwork(body: ports.NetworkBody, signal?: AbortSignal): Promise<string> {
    return this.call('createNetwork', signal, () => this.networks.create(body).id);
  }

  removeNetwork(name: string, signal?: AbortSignal): Promise<void> {
    return this.call('removeNetwork', signal, () => {
      const n = this.networks.find(name);
      if (n === undefined) return;
      if (n.held.size > 0) {
        throw new BerthError('ENGINE_CONFLICT', `Could not remove network ${name}: it has active endpoints.`, { details: { status: 403 } });
      }
      this.networks.byName.delete(n.name);
    });
  }

  connectNetwork(network: string, container: string, endpoint: ports.EndpointBody, signal?: AbortSignal): Promise<void> {
    return this.call('connectNetwork', signal, () => {
      const n = this.#needNetwork(network);
      const c = this.machine.need(container, 'connect');
      if (c.endpoints.has(n.name)) {
        throw new BerthError('ENGINE_REFUSED', `Could not connect ${c.name}: it is already on ${n.name}.`, { details: { status: 403 } });
      }
      this.networks.checkWanted(n, endpoint);
      const place = toEndpoint(endpoint);
      if (c.state === 'running') this.networks.take(n, place, c.id);
      c.endpoints.set(n.name, place);
    });
  }

  disconnectNetwork(network: string, container: string, signal?: AbortSignal): Promise<void> {
    return this.call('disconnectNetwork', signal, () => {
      const n = this.networks.find(network);
      const c = this.machine.find(container);
      const place = n === undefined ? undefined : c?.endpoints.get(n.name);
      if (n === undefined || c === undefined || place === undefined) return;
      if (n.held.get(place.address) === c.id) this.networks.free(n, place);
      c.endpoints.delete(n.name);
    });
  }

  async rejoinNetwork(
    network: string,
    container: string,
    { endpoint, signal }: { endpoint: ports.EndpointBody; frozen: string; signal?: AbortSignal | undefined },
  ): Promise<void> {
    await this.disconnectNetwork(network, container, signal);
    await this.connectNetwork(network, container, endpoint, signal);
  }

  inspectVolume(name: string, signal?: AbortSignal): Promise<ports.VolumeDetails | undefined> {
    return this.call('inspectVolume', signal, () => this.volumes.get(name));
  }

  listVolumes(query: { labels: Readonly<Record<string, string>> }, signal?: AbortSignal): Promise<ports.VolumeDetails[]> {
    return this.call('listVolumes', signal, () => [...this.volumes.values()].filter((v) => hasLabels(query.labels, v.labels)));
  }

  createVolume(body: ports.VolumeBody, signal?: AbortSignal): Promise<void> {
    return this.call('createVolume', signal, () => {
      if (!this.volumes.has(body.Name)) this.addVolume(body);
    });
  }

  removeVolume(name: string, signal?: AbortSignal): Promise<void> {
    return this.call('removeVolume', signal, () => {
      const user = [...this.machine.containers.values()].find((c) => c.mounts.some((m) => m.name === name));
      if (user !== undefined) {
        throw new BerthError('ENGINE_CONFLICT', `Could not remove volume ${name}: ${user.name} uses it.`, { details: { status: 409 } });
      }
      this.volumes.delete(name);
    });
  }

  watchEvents(
    query: { labels?: Readonly<Record<string, string>>; sinceMs?: number },
    signal: AbortSignal,
  ): AsyncIterable<ports.EngineEvent> {
    const { events } = this.machine;
    const from = query.sinceMs === undefined ? events.items.length : 0;
    const asked = this.call('watchEvents', signal, () => undefined);
    asked.catch(() => undefined);
    return (async function* follow() {
      await asked;
      for await (const event of events.follow(from, signal)) {
        if (query.sinceMs !== undefined && event.atMs < query.sinceMs) continue;
        if (hasLabels(query.labels ?? {}, event.attributes)) yield event;
      }
    })();
  }

  #needNetwork(name: string): FakeNetwork {
    const n = this.networks.find(name);
    if (n !== undefined) return n;
    throw new BerthError('ENGINE_REFUSED', `Could not use network ${name}: not found.`, { details: { status: 404 } });
  }
}
