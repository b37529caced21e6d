import { homedir } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import manifest from '../../package.json' with { type: 'json' };
import type { Output, Sources, World } from '../cli/index.ts';
import { systemClock } from '../kit/index.ts';
import { diskFiles } from './cli-files.ts';
import { StandardInput } from './cli-input.ts';
import { OwnServers } from './cli-servers.ts';

/** The world of this process. Adapters are loaded when a command first needs them: most commands need few. */
export function createWorld(entry: string): World {
  const env = process.env;
  const uid = process.getuid?.() ?? 0;
  // From source the entry is src/main/cli.ts, in the package dist/cli.cjs.
  const launcher = resolve(entry, entry.endsWith('.ts') ? '../../../bin/berth' : '../../bin/berth');
  const servers = new OwnServers({
    environment: env,
    workingDirectory: process.cwd(),
    uid,
    version: manifest.version,
    clock: systemClock,
    command: [process.execPath, entry, 'server', 'run'],
  });
  return {
    version: manifest.version,
    directory: process.cwd(),
    env,
    stdin: new StandardInput(),
    stdout: openOutput('stdout'),
    stderr: openOutput('stderr'),
    clock: systemClock,
    ids: { next: nextId },
    onInterrupt: (listener) => listen(['SIGINT', 'SIGTERM'], listener),
    onResize: (listener) => listen(['SIGWINCH'], listener),
    async confirm(question) {
      const { confirm, isCancel } = await import('@clack/prompts');
      const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
      return isCancel(answer) ? undefined : answer;
    },
    async askSecret(question) {
      const { isCancel, password } = await import('@clack/prompts');
      const answer = await password({ message: question, output: process.stderr });
      return isCancel(answer) ? undefined : answer;
    },
    files: diskFiles,
    sources: createSources(env),
    servers,
    async runProgram(argv) {
      const { runToEnd } = await import('./cli-programs.ts');
      return await runToEnd(argv);
    },
    async boot() {
      const { directory, defaultDirectory } = await servers.home();
      return { launcher, homeDirectory: directory, defaultHome: defaultDirectory, uid, userDirectory: homedir() };
    },
    async engineSocket(known) {
      const { findEngine } = await import('../docker/index.ts');
      return (await findEngine({ environment: env, known })).socket;
    },
  };
}

/** Source trees, hashes and surroundings, on the adapters that know them. */
function createSources(env: World['env']): Sources {
  return {
    async hashBuild(build) {
      const { hashBuild } = await import('../build/index.ts');
      return hashBuild(build);
    },
    async buildEnvironment() {
      const { collectBuildEnvironment } = await import('../build/index.ts');
      const { listNames, readText } = await import('./cli-surroundings.ts');
      return collectBuildEnvironment({ environment: env, home: homedir(), read: readText, list: listNames });
    },
    async registryAuths(references) {
      if (references.length === 0) return {};
      const { loadAuths } = await import('../registry/index.ts');
      return await loadAuths({ environment: env, images: references });
    },
    async tree(directory) {
      const { openFileTree } = await import('../build/index.ts');
      return openFileTree(directory);
    },
  };
}

/** An id that no other request of this machine has. Node's random ones would cost it the loading of `node:crypto`. */
function nextId(): string {
  return [Date.now(), process.pid, process.hrtime.bigint()].map((part) => part.toString(36)).join('-');
}

/** A standard stream. Node makes the object with the first look at it, which costs milliseconds: so it is not looked at before. */
function openOutput(name: 'stdout' | 'stderr'): Output {
  let opened: NodeJS.WriteStream | undefined;
  const stream = () => (opened ??= withReader(process[name]));
  return {
    write: (data) => void stream().write(data),
    get isTTY() {
      return stream().isTTY === true;
    },
    get columns() {
      return stream().columns ?? 80;
    },
    get rows() {
      return stream().rows ?? 24;
    },
  };
}

/** A reader that goes away early (`berth logs | head`) has all it wanted. */
function withReader(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

/** While nobody listens, a signal does what it does to any process. */
function listen(signals: readonly NodeJS.Signals[], listener: () => void): () => void {
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
