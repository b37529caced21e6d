import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { collectBuildEnvironment, createBuilder, hashBuild, openFileTree } from '../../src/build/index.ts';
import { connectEngine, findEngine } from '../../src/docker/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { buildSchema, type Build } from '../../src/model/index.ts';
import type { BuildEnvironment, BuildInput, Engine } from '../../src/ports/index.ts';
import { detectStack } from '../../src/stack/index.ts';

export const run = promisify(execFile);
const examples = join(import.meta.dirname, '../../examples');

/** Everything a build needs on the real engine, and what takes it away again. */
export async function openKit() {
  const { socket } = await findEngine({ environment: process.env });
  const engine = connectEngine({ socket, clock: systemClock });
  const directory = mkdtempSync(join(tmpdir(), 't-build-'));
  const builder = createBuilder({ engine, cacheDirectory: join(directory, 'cache') });
  const images = new Set<string>();
  const containers = new Set<string>();
  return {
    engine,
    socket,
    builder,
    directory,
    /** A copy of an example that a test may change. */
    copy(example: string): string {
      const target = mkdtempSync(join(directory, `${example}-`));
      cpSync(join(examples, example), target, { recursive: true });
      return target;
    },
    input(build: Build, change: Partial<BuildEnvironment> = {}): BuildInput {
      const tag = `t-build/${images.size}:1`;
      images.add(tag);
      const own = { ...build, labels: { ...build.labels, 't-build-run': directory } };
      return { app: 't-build', service: 'web', build: own, environment: { ...surroundings(), ...change }, labels: { 't-build': '1' }, tag };
    },
    async start(image: string, body: object = {}): Promise<{ id: string; url: string }> {
      const name = `t-build-${process.pid}-${containers.size}`;
      const id = await engine.createContainer(name, { Image: image, Labels: { 't-build': '1' }, HostConfig: {}, ...body });
      containers.add(id);
      await engine.startContainer(id);
      const networks = (await engine.inspectContainer(id))?.networks ?? {};
      return { id, url: `http://${Object.values(networks)[0]?.address ?? ''}` };
    },
    async close(): Promise<void> {
      for (const id of containers) await engine.removeContainer(id, { force: true, volumes: true });
      for (const image of images) await engine.removeImage(image);
      engine.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
export type Kit = Awaited<ReturnType<typeof openKit>>;

/** What the CLI would send of this machine. */
function surroundings(): BuildEnvironment {
  return collectBuildEnvironment({
    environment: process.env,
    home: homedir(),
    read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    list: (path) => (existsSync(path) ? readdirSync(path) : []),
  });
}

/** The build of a source tree without a Dockerfile, as the CLI makes it. */
export async function generatedBuild(context: string): Promise<Build> {
  const found = await detectStack(openFileTree(context));
  if (found === undefined) throw new Error(`no stack in ${context}`);
  const { stack, dockerfile, dockerignore, bases } = found;
  return withHash({ context, generated: { stack, dockerfile, dockerignore, bases: { ...bases } } });
}

/** A build with its defaults and its hash. */
export function withHash(build: Partial<Build> & { context: string }): Build {
  const parsed = buildSchema.parse({ ...build, hash: '' });
  return { ...parsed, hash: hashBuild(parsed) };
}

/** Asks until the application answers; a container that ends instead is an error with its log. */
export async function untilAnswers(engine: Engine, container: { id: string; url: string }, path: string): Promise<Response> {
  for (const deadline = performance.now() + 20_000; ;) {
    try {
      return await fetch(container.url + path);
    } catch (thrown) {
      const state = (await engine.inspectContainer(container.id))?.state;
      if (state !== 'running' || performance.now() > deadline)
        throw new Error(`${state}: ${(await logs(engine, container.id)).join('\n')}`, { cause: thrown });
      await systemClock.sleep(50);
    }
  }
}

async function logs(engine: Engine, id: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of engine.containerLogs(id, {})) lines.push(line.text);
  return lines;
}

/** Which of some texts occur anywhere in an image: its configuration, its history and every layer. */
export async function findInImage(image: string, texts: readonly string[]): Promise<string[]> {
  const child = spawn('docker', ['save', image], { stdio: ['ignore', 'pipe', 'inherit'] });
  const found = new Set<string>();
  const longest = Math.max(...texts.map((text) => text.length));
  let tail = Buffer.alloc(0);
  let sizeBytes = 0;
  for await (const chunk of child.stdout) {
    const window = Buffer.concat([tail, chunk]);
    for (const text of texts) if (window.includes(text)) found.add(text);
    tail = window.subarray(-longest);
    sizeBytes += chunk.length;
  }
  if (sizeBytes < 1000) throw new Error(`docker save gave no image for ${image}`);
  return [...found];
}
