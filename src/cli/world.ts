import type { BootInput } from './installation/boot-unit.ts';
import type { Client } from '../client/index.ts';
import type { UpgradeReport } from '../contract/index.ts';
import type { BuildEnvironment, Clock, FileTree, Ids, RegistryAuth } from '../ports/index.ts';
import type { Build, EventRecord } from '../model/index.ts';

/** A stream that text is written to; `columns` and `rows` are of the terminal, if it is one. */
export interface Output {
  write(data: string | Uint8Array): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** Standard input, for the sessions of `exec` and `run`. */
export interface Keyboard extends AsyncIterable<Uint8Array> {
  readonly isTTY: boolean;
  setRawMode(mode: 'raw' | 'cooked'): void;
  /** Lets the process end although nobody reads to the end. */
  release(): void;
}

/** The files that commands read and write. Absent files are values. */
export interface Files {
  read(path: string): Promise<Uint8Array | undefined>;
  exists(path: string): Promise<boolean>;
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  list(directory: string): Promise<readonly string[]>;
  /** The path of what exists, links resolved. */
  realPath(path: string): Promise<string | undefined>;
}

/** What loading needs of the adapters. */
export interface Sources {
  /** The hash of everything that goes into a build. */
  hashBuild(build: Build): Promise<string>;
  /** What builds may use of the user's surroundings. */
  buildEnvironment(): Promise<BuildEnvironment>;
  /** Credentials by registry host, of those hosts that the images are from. */
  registryAuths(references: readonly string[]): Promise<Readonly<Record<string, RegistryAuth>>>;
  tree(directory: string): Promise<FileTree>;
}

/** The server of this home, as the CLI handles it (`src/client`), and what only this process can do with it. */
export interface Servers {
  home(): Promise<{ readonly directory: string }>;
  /** A client of the running server; starts one when there is none, and replaces an older one. */
  ensure(signal?: AbortSignal): Promise<Client>;
  /** A client of the running server of this version, and the engine of its apps; undefined when one has to be started or replaced. */
  ready(): Promise<{ readonly client: Client; readonly engine: string | undefined } | undefined>;
  /** A client of the server that runs, whatever its version, or undefined. */
  existing(): Promise<{ readonly client: Client } | undefined>;
  /** What a server of this berth would change of the proxies, found without one. Starts and changes nothing. */
  look(): Promise<UpgradeReport>;
  /** Asks the server to stop, and waits until it is gone. False when none ran. */
  stop(signal?: AbortSignal): Promise<boolean>;
  /** The events of a rollout to its end, across the death of a server. */
  followRollout(from: { readonly id: string; readonly after?: number }, signal?: AbortSignal): AsyncIterable<EventRecord>;
  /** Removes all that berth keeps for this home. Its server must have stopped, and its apps be gone. */
  forget(): Promise<void>;
  /** Runs the server in this process until it is told to stop, and answers the exit code. */
  run(): Promise<number>;
  close(): void;
}

/** Everything outside of the CLI. `src/main` makes the real one, tests a fake. */
export interface World {
  readonly version: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Keyboard;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Calls back on each Ctrl-C (and SIGTERM) until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** Calls back when the terminal changes its size, until the returned function is called. */
  onResize(listener: () => void): () => void;
  /** Asks on the terminal; undefined when the user backs out. */
  confirm(question: string): Promise<boolean | undefined>;
  /** Asks for a value that the terminal does not show; undefined when the user backs out. */
  askSecret(question: string): Promise<string | undefined>;
  readonly files: Files;
  readonly sources: Sources;
  readonly servers: Servers;
  /** Runs a program to its end; one that is not installed ends with 127. */
  runProgram(argv: readonly [string, ...string[]]): Promise<{ readonly exitCode: number; readonly output: string }>;
  /** What `server install` writes about this machine and installation. */
  boot(): Promise<BootInput>;
  /** The socket of the container engine; throws when there is none that berth supports. `known` is one that berth uses already. */
  engineSocket(known?: string): Promise<string>;
}
