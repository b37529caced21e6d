import { BerthError } from '../errors/index.ts';
import { Mutex } from '../kit/index.ts';
import type { BuildEnvironment, BuildProgress, Clock, Engine } from '../ports/index.ts';
import { ensureMmdebstrap, fittingPackage, makeBase, type MakerDeps } from './base-maker.ts';
import { baseRecipe, baseReference, type BaseRecipe } from './base-recipes.ts';

/** One base of a generated Dockerfile: its id with us, and what `docker build` by hand would pull. */
export type WantedBase = { readonly argument: string; readonly id: string; readonly registry: string };
/** A base that is on the engine. */
export type PresentBase = { readonly argument: string; readonly reference: string; readonly imageId: string };

export type BasesDeps = MakerDeps & {
  readonly engine: Pick<Engine, 'info' | 'inspectImage' | 'pullImage' | 'importImage'>;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Whether a registry answers at all, asked from this machine. */
  readonly reach: (registry: string, signal: AbortSignal) => Promise<boolean>;
};

export type ResolveInput = {
  readonly wanted: readonly WantedBase[];
  readonly policy: BuildEnvironment['bases'];
  readonly environment: Readonly<Record<string, string>>;
  readonly onProgress: (progress: BuildProgress) => void;
};

type Making = {
  readonly base: WantedBase;
  readonly recipe: BaseRecipe;
  readonly reference: { readonly repository: string; readonly tag: string };
  readonly input: ResolveInput;
};

/** How long an unreachable registry is not asked again. */
const verdictMs = 10 * 60_000;
/** How long a pull may stay without any progress once this machine cannot reach the registry either. */
const silenceMs = 3000;

/** The base images of generated Dockerfiles: from a registry, or made once from distribution packages. */
export class Bases {
  readonly #deps: BasesDeps;
  /** Registry to the time until which it counts as unreachable. */
  readonly #unreachable = new Map<string, number>();
  /** Bases in the making, by image name: builds that run side by side wait for one. */
  readonly #making = new Map<string, Promise<string>>();
  readonly #installing = new Mutex();

  constructor(deps: BasesDeps) {
    this.#deps = deps;
  }

  /** The bases that are on the engine already, all of one kind, or undefined when one is missing. */
  async look(wanted: readonly WantedBase[], policy: BuildEnvironment['bases'], signal?: AbortSignal): Promise<PresentBase[] | undefined> {
    const registry = policy === 'distro' ? undefined : await this.#lookRegistry(wanted, signal);
    if (registry !== undefined || policy === 'registry') return registry;
    const { arch } = await this.#deps.engine.info(signal);
    const found = wanted.map(async (base) => {
      const recipe = baseRecipe(base.id, npmArch(arch));
      const reference = recipe === undefined ? undefined : this.#reference(recipe);
      return reference === undefined ? undefined : await this.#present(base.argument, name(reference), signal);
    });
    return all(await Promise.all(found));
  }

  /** Makes sure of every base, and answers them. Throws IMAGE_NOT_FOUND, REGISTRY_DENIED, REGISTRY_UNREACHABLE, BASE_FAILED. */
  async ensure(input: ResolveInput, signal?: AbortSignal): Promise<PresentBase[]> {
    const { wanted, policy } = input;
    if (policy !== 'distro') {
      const present = await this.#lookRegistry(wanted, signal);
      if (present !== undefined) return present;
      if (await this.#pullAll(input, signal)) {
        const pulled = await this.#lookRegistry(wanted, signal);
        if (pulled !== undefined) return pulled;
      }
    }
    const { arch } = await this.#deps.engine.info(signal);
    const outcomes = await Promise.allSettled(wanted.map((base) => this.#ensureMade({ base, arch, input }, signal)));
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  async #ensureMade(given: { base: WantedBase; arch: string; input: ResolveInput }, signal: AbortSignal | undefined): Promise<PresentBase> {
    const { base, arch, input } = given;
    const recipe = baseRecipe(base.id, npmArch(arch));
    if (recipe === undefined) throw noRecipe(base);
    if (recipe.notice !== undefined) input.onProgress({ message: recipe.notice });
    const reference = this.#reference(recipe);
    const imageId = await this.#make({ base, recipe, reference, input }, signal);
    return { argument: base.argument, reference: name(reference), imageId };
  }

  #reference(recipe: BaseRecipe): { readonly repository: string; readonly tag: string } {
    const versions = recipe.npm.map((part) => fittingPackage(this.#deps.installed, part)?.version ?? part.range);
    return baseReference(recipe, versions);
  }

  async #make(given: Making, signal: AbortSignal | undefined): Promise<string> {
    const { base, recipe, reference, input } = given;
    const present = await this.#present(base.argument, name(reference), signal);
    if (present !== undefined) return present.imageId;
    const running = this.#making.get(name(reference));
    if (running !== undefined) return await this.#await(running, given, signal);
    input.onProgress({ message: `Making the base ${base.id} from Debian ${recipe.suite} packages (once)` });
    const making = this.#makeNow(given, signal);
    this.#making.set(name(reference), making);
    try {
      return await making;
    } finally {
      this.#making.delete(name(reference));
    }
  }

  /** Waits for the build that makes the base already; when that one is called off, this one makes it. */
  async #await(running: Promise<string>, given: Making, signal: AbortSignal | undefined): Promise<string> {
    try {
      return await running;
    } catch (thrown) {
      signal?.throwIfAborted();
      if (thrown instanceof BerthError) throw thrown;
      return await this.#make(given, signal);
    }
  }

  async #makeNow({ base, recipe, reference, input }: Making, signal: AbortSignal | undefined): Promise<string> {
    await this.#installing.run(() => ensureMmdebstrap(this.#deps.run, input.environment, signal));
    const labels = { 'dev.berth.base': base.id };
    return await makeBase(this.#deps, { recipe, ...reference, labels, environment: input.environment }, signal);
  }

  async #lookRegistry(wanted: readonly WantedBase[], signal: AbortSignal | undefined): Promise<PresentBase[] | undefined> {
    return all(await Promise.all(wanted.map((base) => this.#present(base.argument, base.registry, signal))));
  }

  async #present(argument: string, reference: string, signal: AbortSignal | undefined): Promise<PresentBase | undefined> {
    const image = await this.#deps.engine.inspectImage(reference, signal);
    return image === undefined ? undefined : { argument, reference, imageId: image.id };
  }

  /** Pulls every base; false when the registry cannot be reached and `auto` lets another way be taken. */
  async #pullAll({ wanted, policy, onProgress }: ResolveInput, signal: AbortSignal | undefined): Promise<boolean> {
    for (const reference of new Set(wanted.map((base) => base.registry))) {
      const registry = registryOf(reference);
      if (policy === 'auto' && (this.#unreachable.get(registry) ?? 0) > this.#deps.clock.monotonic()) return false;
      const outcome = await this.#pull({ reference, registry, policy, onProgress }, signal);
      if (outcome === 'unreachable') {
        this.#unreachable.set(registry, this.#deps.clock.monotonic() + verdictMs);
        onProgress({ message: `${registry} cannot be reached, so the bases are made from Debian packages` });
        return false;
      }
    }
    return true;
  }

  async #pull(
    given: { reference: string; registry: string; policy: BuildEnvironment['bases']; onProgress: ResolveInput['onProgress'] },
    signal: AbortSignal | undefined,
  ): Promise<'pulled' | 'unreachable'> {
    const { reference, registry, policy, onProgress } = given;
    const silence = new AbortController();
    let progressed = false;
    const pull = this.#deps.engine.pullImage(
      { reference },
      ({ status }) => {
        progressed = true;
        onProgress({ message: `Pulling ${reference}: ${status}` });
      },
      AbortSignal.any([silence.signal, ...(signal === undefined ? [] : [signal])]),
    );
    const watch = policy === 'auto' ? this.#endSilentPull(registry, silence, () => progressed) : Promise.resolve();
    try {
      await pull;
      return 'pulled';
    } catch (thrown) {
      signal?.throwIfAborted();
      if (policy === 'auto' && (silence.signal.aborted || (thrown instanceof BerthError && thrown.code === 'REGISTRY_UNREACHABLE')))
        return 'unreachable';
      throw thrown;
    } finally {
      silence.abort();
      await watch;
    }
  }

  /** Ends a pull that shows nothing while this machine cannot reach the registry either. The engine's own way (a mirror, a proxy) has its chance. */
  async #endSilentPull(registry: string, silence: AbortController, progressed: () => boolean): Promise<void> {
    const { clock, reach } = this.#deps;
    try {
      const [reached] = await Promise.all([reach(registry, silence.signal), clock.sleep(silenceMs, silence.signal)]);
      if (!reached && !progressed()) silence.abort();
    } catch (thrown) {
      // The pull ended first and stopped the watch.
      if (!silence.signal.aborted) throw thrown;
    }
  }
}

function registryOf(reference: string): string {
  const first = reference.split('/')[0] ?? '';
  return reference.includes('/') && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io';
}

function name(reference: { readonly repository: string; readonly tag: string }): string {
  return `${reference.repository}:${reference.tag}`;
}

/** npm's word for an architecture of the engine. */
function npmArch(arch: string): string {
  if (arch === 'x86_64' || arch === 'amd64') return 'x64';
  return arch === 'aarch64' || arch === 'arm64' ? 'arm64' : arch;
}

function all(found: readonly (PresentBase | undefined)[]): PresentBase[] | undefined {
  const present = found.filter((base) => base !== undefined);
  return present.length === found.length ? present : undefined;
}

function noRecipe(base: WantedBase): BerthError {
  return new BerthError('BASE_FAILED', `Could not make the base ${base.id}: the distribution's packages offer nothing for it.`, {
    hint: `Make ${base.registry} reachable, or load it with \`docker load\`.`,
  });
}
