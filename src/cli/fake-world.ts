import { dirname } from 'node:path';
import type { Client } from '../client/index.ts';
import type { UpgradeReport } from '../contract/index.ts';
import type { BerthError } from '../errors/index.ts';
import type { EventRecord, RolloutEvent } from '../model/index.ts';
import type { FileTree } from '../ports/index.ts';
import { main } from './main.ts';
import type { World } from './world.ts';

/** What a test says of the world; everything else is as on a machine without terminal, files or server. */
export type Given = {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly client?: Partial<Client>;
  readonly serverRuns?: boolean;
  /** The server that runs is of an older berth. */
  readonly older?: boolean;
  /** What is found of the proxies without a server. */
  readonly look?: UpgradeReport;
  /** The server that runs is of a newer berth: what every attempt to use it ends with. */
  readonly serverVersion?: BerthError;
  readonly events?: (interrupt: () => void) => AsyncIterable<EventRecord>;
  /** What becomes of a wait; without it, one lasts until it is aborted. */
  readonly wait?: (interrupt: () => void) => Promise<void>;
  readonly terminal?: { readonly answer: boolean | undefined };
  /** What standard input has, and what is typed where nothing is shown. */
  readonly input?: string;
  readonly typed?: string;
  readonly systemd?: boolean;
};

/** How a command line ended, and what it left behind. */
export type Ended = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What was asked of the server, by endpoint. */
  readonly calls: readonly (readonly [endpoint: string, input: unknown])[];
  readonly files: Readonly<Record<string, string>>;
  readonly programs: readonly string[];
};

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Runs a command line in a world made of plain data, and answers everything that it did. */
export async function berth(argv: readonly string[], given: Given = {}): Promise<Ended> {
  const files = new Map(Object.entries(given.files ?? {}));
  const written = { out: '', err: '' };
  const calls: [string, unknown][] = [];
  const programs: string[] = [];
  const listeners = new Set<() => void>();
  const client = recordCalls(given.client ?? {}, calls);
  const interrupt = (): void => listeners.forEach((listen) => listen());
  const world: World = {
    version: '1.2.3',
    directory: '/app',
    env: { HOME: '/root', PATH: '/bin', ...given.env },
    stdin: {
      isTTY: given.terminal !== undefined,
      setRawMode: () => undefined,
      release: () => undefined,
      [Symbol.asyncIterator]: () => inputOf(given.input),
    },
    stdout: { write: (data) => void (written.out += textOf(data)), isTTY: false, columns: 80, rows: 24 },
    stderr: { write: (data) => void (written.err += textOf(data)), isTTY: given.terminal !== undefined, columns: 80, rows: 24 },
    clock: { now: () => nowMs, monotonic: () => 0, sleep: (_ms, signal) => given.wait?.(interrupt) ?? untilAborted(signal) },
    ids: { next: () => 'request-1' },
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onResize: () => () => undefined,
    confirm: () => Promise.resolve(given.terminal?.answer),
    askSecret: () => Promise.resolve(given.typed),
    files: {
      read: (path) => Promise.resolve(files.has(path) ? Buffer.from(files.get(path) ?? '') : undefined),
      exists: (path) => Promise.resolve(path === '/run/systemd/system' ? given.systemd === true : isThere(files, path)),
      write: (path, text) => Promise.resolve(void files.set(path, text)),
      remove: (path) => Promise.resolve(void files.delete(path)),
      list: (directory) => Promise.resolve(treeOf(files, directory).map(({ name }) => name)),
      realPath: (path) => Promise.resolve(isThere(files, path) ? path : undefined),
    },
    sources: {
      hashBuild: (build) => Promise.resolve(`hash of ${build.context}`),
      buildEnvironment: () => Promise.resolve({ proxy: {}, certificateFiles: [], bases: 'auto', tool: {} }),
      registryAuths: () => Promise.resolve({}),
      tree: (directory) => Promise.resolve(openTree(files, directory)),
    },
    servers: fakeServers(given, { client, calls, interrupt }),
    runProgram: (program) => Promise.resolve({ exitCode: 0, output: '', ran: programs.push(program.join(' ')) }),
    boot: () => Promise.resolve(bootInput),
    engineSocket: () => Promise.resolve('/var/run/docker.sock'),
  };
  const code = await main(argv, world);
  return { code, ...written, calls, files: Object.fromEntries(files), programs };
}

type Around = { readonly client: Client; readonly calls: [string, unknown][]; readonly interrupt: () => void };

/** The server as `given` says it is: there, away, or of a newer berth. */
function fakeServers(
  { serverVersion, serverRuns = true, older = false, look = { proxies: [] }, events }: Given,
  { client, calls, interrupt }: Around,
): World['servers'] {
  const unlessNewer = <T>(value: T): Promise<T> => (serverVersion === undefined ? Promise.resolve(value) : Promise.reject(serverVersion));
  return {
    home: () => Promise.resolve({ directory: '/home/berth' }),
    ensure: () => unlessNewer(client),
    ready: () => unlessNewer(serverRuns && !older ? { client, engine: undefined } : undefined),
    existing: () => Promise.resolve(serverRuns ? { client } : undefined),
    look: () => unlessNewer(look),
    stop: () => Promise.resolve(serverRuns),
    followRollout: () => events?.(interrupt) ?? nothing(),
    forget: () => Promise.resolve(void calls.push(['forget', undefined])),
    run: () => Promise.resolve(0),
    close: () => undefined,
  };
}

const bootInput = {
  launcher: '/usr/bin/berth',
  homeDirectory: '/home/berth',
  defaultHome: '/home/berth',
  uid: 0,
  userDirectory: '/root',
};

/** The events of one rollout, numbered, a second apart. */
export async function* records(events: readonly RolloutEvent[]): AsyncGenerator<EventRecord, void> {
  for (const [i, event] of events.entries()) yield { seq: i + 1, atMs: nowMs + 1000 * i, rollout: 'r1', app: 'shop', event };
}

/** A client of which the test answers the calls that it expects; any other one fails the test. */
function recordCalls(answers: Partial<Client>, calls: [string, unknown][]): Client {
  return new Proxy(answers as Client, {
    get(target, name: keyof Client) {
      const answer: unknown = target[name];
      // A promise asks every object whether it is one.
      if ((name as string) === 'then') return undefined;
      if (typeof answer !== 'function') throw new Error(`the test expects no call of ${name}`);
      return (input: unknown, signal: unknown): unknown => {
        calls.push([name, input]);
        return answer(input, signal);
      };
    },
  });
}

async function* inputOf(text: string | undefined): AsyncGenerator<Uint8Array, void> {
  if (text !== undefined) yield Buffer.from(text);
}

async function* nothing(): AsyncGenerator<never, void> {}

function textOf(data: string | Uint8Array): string {
  return typeof data === 'string' ? data : Buffer.from(data).toString();
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  const { promise, reject } = Promise.withResolvers<void>();
  signal?.addEventListener('abort', () => reject(signal.reason));
  return promise;
}

function isThere(files: ReadonlyMap<string, string>, path: string): boolean {
  return files.has(path) || path === '/app' || [...files.keys()].some((file) => file.startsWith(`${path}/`));
}

function treeOf(files: ReadonlyMap<string, string>, directory: string): { name: string; kind: 'file' | 'directory' }[] {
  const names = new Map<string, 'file' | 'directory'>();
  for (const file of files.keys()) {
    if (!file.startsWith(`${directory}/`)) continue;
    const [first = '', ...rest] = file.slice(directory.length + 1).split('/');
    names.set(first, rest.length === 0 ? 'file' : 'directory');
  }
  return [...names].map(([name, kind]) => ({ name, kind }));
}

function openTree(files: ReadonlyMap<string, string>, root: string): FileTree {
  const absolute = (path: string) => (path === '.' || path === '' ? root : `${root}/${path.replace(/^\.\//, '')}`);
  return {
    root: dirname(`${root}/x`),
    read: (path) => Promise.resolve(files.get(absolute(path))),
    list: (path) => Promise.resolve(treeOf(files, absolute(path))),
  };
}
