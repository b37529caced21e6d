import { unpackTar } from 'modern-tar';
import { BerthError, type ErrorCode } from '../../../src/errors/index.ts';
import type { ImageDetails } from '../../../src/ports/index.ts';
import type { Behaviour, FakeImage, StartOfContainer } from './behaviour.ts';

export type HeldImage = {
  readonly id: string;
  readonly tags: Set<string>;
  readonly details: Omit<ImageDetails, 'id' | 'tags'>;
  readonly behaviour: Behaviour | ((start: StartOfContainer) => Behaviour);
};

/** `web` → `web:latest`, `docker.io/library/web:1` → `web:1`. */
export function familiar(reference: string): string {
  const bare = reference.replace(/^docker\.io\/(library\/)?/, '');
  return bare.lastIndexOf(':') > bare.lastIndexOf('/') || bare.includes('@') ? bare : `${bare}:latest`;
}

/** The images of a fake engine, and those that its registry has. */
export class FakeImages {
  readonly #byId = new Map<string, HeldImage>();
  readonly #byTag = new Map<string, HeldImage>();
  readonly #remote = new Map<string, FakeImage | ErrorCode>();
  /** What the applications of images do that came without a behaviour: imported and loaded ones. */
  defaultBehaviour: HeldImage['behaviour'] = {};
  readonly #nextId: () => string;
  readonly #now: () => number;

  constructor(nextId: () => string, now: () => number) {
    this.#nextId = nextId;
    this.#now = now;
  }

  find(reference: string): HeldImage | undefined {
    return this.#byId.get(reference) ?? this.#byId.get(`sha256:${reference}`) ?? this.#byTag.get(familiar(reference));
  }

  list(): HeldImage[] {
    return [...this.#byId.values()];
  }

  add(reference: string | undefined, image: FakeImage): HeldImage {
    const { behaviour = this.defaultBehaviour, ...given } = image;
    const held: HeldImage = {
      id: `sha256:${this.#nextId()}`,
      tags: new Set(),
      behaviour,
      details: {
        labels: {},
        sizeBytes: 1_000_000,
        createdAtMs: this.#now(),
        digests: [],
        user: '',
        command: ['app'],
        entrypoint: [],
        environment: [],
        exposedPorts: [],
        volumes: [],
        healthcheck: false,
        stopSignal: undefined,
        architecture: 'amd64',
        ...given,
      },
    };
    this.#byId.set(held.id, held);
    if (reference !== undefined) this.tag(held, familiar(reference));
    return held;
  }

  tag(image: HeldImage, tag: string): void {
    this.#byTag.get(tag)?.tags.delete(tag);
    this.#byTag.set(tag, image);
    image.tags.add(tag);
  }

  /** What the registry holds, or how it refuses. */
  addRemote(reference: string, image: FakeImage | ErrorCode): void {
    this.#remote.set(familiar(reference), image);
  }

  pull(reference: string): HeldImage {
    const remote = this.#remote.get(familiar(reference)) ?? 'IMAGE_NOT_FOUND';
    if (typeof remote === 'string') throw new BerthError(remote, `Could not pull ${reference}: ${remote}.`);
    return this.add(reference, remote);
  }

  /** Takes a tag away; with the last one, or by id, the image. */
  remove(reference: string, inUse: (image: HeldImage) => boolean): boolean {
    const image = this.find(reference);
    if (image === undefined) return true;
    const tag = familiar(reference);
    const byTag = this.#byTag.get(tag) === image;
    if (byTag && image.tags.size > 1) {
      image.tags.delete(tag);
      this.#byTag.delete(tag);
      return true;
    }
    if (inUse(image)) return false;
    for (const each of image.tags) this.#byTag.delete(each);
    this.#byId.delete(image.id);
    return true;
  }

  /** Reads a `docker save` archive's manifest. */
  async load(tar: AsyncIterable<Uint8Array>): Promise<void> {
    const entries = await unpackTar(await collect(tar));
    const manifest = entries.find((e) => e.header.name === 'manifest.json')?.data;
    if (manifest === undefined) {
      throw new BerthError('ENGINE_REFUSED', 'Could not load the image: the archive has no manifest.', { details: { status: 400 } });
    }
    for (const { RepoTags } of JSON.parse(new TextDecoder().decode(manifest)) as { RepoTags: string[] }[]) {
      const held = this.add(undefined, {});
      for (const tag of RepoTags) this.tag(held, familiar(tag));
    }
  }
}

/** All bytes of a stream. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** Whether a tag fits a reference filter: `name`, `name:tag`, with `*`. */
export function matches(tag: string, filter: string): boolean {
  const pattern = filter.includes(':') ? filter : `${filter}:*`;
  return new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`).test(tag);
}

/** The Dockerfile lines that an import takes, as far as the fake keeps them. */
export function fromChanges(changes: readonly string[]): FakeImage {
  const labels: Record<string, string> = {};
  const environment: string[] = [];
  const exposedPorts: { port: number; protocol: 'tcp' | 'udp' }[] = [];
  const volumes: string[] = [];
  let command: string[] = [];
  for (const change of changes) {
    const word = change.slice(0, change.indexOf(' ')).toUpperCase();
    const rest = change.slice(change.indexOf(' ') + 1);
    const [key = '', value = ''] = rest.split('=');
    if (word === 'LABEL') labels[key] = value;
    else if (word === 'ENV') environment.push(rest);
    else if (word === 'EXPOSE') exposedPorts.push({ port: Number.parseInt(rest, 10), protocol: rest.endsWith('/udp') ? 'udp' : 'tcp' });
    else if (word === 'VOLUME') volumes.push(rest);
    else if (word === 'CMD') command = JSON.parse(rest) as string[];
  }
  return { labels, environment, exposedPorts, volumes, command, healthcheck: changes.some((c) => /^HEALTHCHECK /i.test(c)) };
}
