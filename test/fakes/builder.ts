import { BerthError } from '../../src/errors/index.ts';
import type { Builder, BuildInput, BuildProgress } from '../../src/ports/index.ts';
import type { FakeImage } from './engine/behaviour.ts';
import type { FakeEngine } from './engine/engine.ts';

/** A builder that makes the image which a test has laid down for a build's hash. */
export class FakeBuilder implements Builder {
  readonly builds: string[] = [];
  /** The values of secrets that the builds were given, by service and id. */
  readonly mounted: Record<string, string>[] = [];
  readonly #engine: FakeEngine;
  readonly #sources = new Map<string, FakeImage | 'fails'>();
  readonly #built = new Map<string, string>();

  constructor(engine: FakeEngine) {
    this.#engine = engine;
  }

  /** What building the source of this hash gives. */
  addSource(hash: string, image: FakeImage | 'fails'): void {
    this.#sources.set(hash, image);
  }

  find(input: BuildInput): Promise<{ imageId: string } | undefined> {
    const imageId = this.#built.get(input.build.hash);
    return Promise.resolve(imageId === undefined ? undefined : { imageId });
  }

  build(input: BuildInput, onProgress: (p: BuildProgress) => void): Promise<{ imageId: string }> {
    const source = this.#sources.get(input.build.hash);
    this.builds.push(input.service);
    const values = input.build.secrets.flatMap((s) =>
      'secret' in s ? [[s.id, Buffer.from(input.secrets?.[s.secret] ?? []).toString()]] : [],
    );
    this.mounted.push(Object.fromEntries(values));
    onProgress({ message: 'FROM scratch', step: 1, steps: 1 });
    if (source === undefined || source === 'fails') {
      const error = new BerthError('BUILD_FAILED', `The build of ${input.service} failed.`, {
        details: { lines: ['make: *** [all] Error 1'] },
      });
      return Promise.reject(error);
    }
    const imageId = this.#engine.addImage(input.tag, source);
    this.#built.set(input.build.hash, imageId);
    return Promise.resolve({ imageId });
  }
}
