import { closeSync, writeSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino, type Logger } from 'pino';
import { ensurePrivateDirectory, locateHome, type Home } from '../client/index.ts';
import { toBerthError, type BerthError } from '../errors/index.ts';
import { systemClock, type Redactor } from '../kit/index.ts';
import type { Engine, Ids, Store } from '../ports/index.ts';
import { createRedactor, socketSetting, type Runner } from '../run/index.ts';
import { serve, type Log } from '../server/index.ts';
import { openStore } from '../store/index.ts';
import { LogFile } from './log-file.ts';
import { randomIds } from './random-ids.ts';

/** The domain on its adapters, as `compose` builds it. */
export type Composition = {
  readonly runner: Runner;
  readonly engine: (socket?: string) => Engine | undefined;
  readonly close: () => void | Promise<void>;
};

export type CompositionInput = {
  readonly store: Store;
  readonly ids: Ids;
  readonly home: Home;
  readonly log: Log;
  readonly redactor: Redactor;
};

/** The process that becomes the server. */
export type ServerProcess = {
  readonly version: string;
  readonly pid: number;
  readonly uid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Calls back on SIGTERM and SIGINT until the answered function is called. */
  readonly onSignal: (listener: () => void) => () => void;
};

/** Runs the server of a home until it is told to stop. Throws HOME_LOCKED at once when there is one already. */
export async function runServer(process: ServerProcess, compose: (input: CompositionInput) => Composition): Promise<void> {
  const starter = new Starter(process.environment['BERTH_READY_FD']);
  try {
    await using server = await startServer(process, compose);
    starter.ready();
    await server.told;
  } catch (error) {
    starter.fail(toBerthError(error));
    throw error;
  }
}

type Started = AsyncDisposable & { readonly told: Promise<void> };

async function startServer(process: ServerProcess, compose: (input: CompositionInput) => Composition): Promise<Started> {
  const stack = new AsyncDisposableStack();
  try {
    const { version, pid } = process;
    const home = locateHome(process);
    ensurePrivateDirectory(home.directory, process.uid);
    const store = openStore({ path: home.database, clock: systemClock, ids: randomIds });
    stack.defer(() => store.close());
    placeSocket(home, process.uid);
    const file = new LogFile(home.log);
    stack.defer(() => file.close());
    const redactor = createRedactor();
    const log = createLog({ write: (line) => file.write(redactor.text(line)) });
    log.info({ pid, version, node: globalThis.process.version, home: home.directory }, 'started');
    stack.defer(() => log.info({}, 'stopped'));

    const composition = compose({ store, ids: randomIds, home, log, redactor });
    stack.defer(() => composition.close());
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    stack.defer(process.onSignal(tell));
    // Not waited for: an engine that is down must not keep the server from saying so.
    const resumed = composition.runner.resume().catch((error: unknown) => log.error({ err: error }, 'could not resume'));
    const startedAtMs = systemClock.now();
    const identity = { pid, version, home: home.directory, installation: store.installation, startedAtMs, log: home.log };
    const running = await serve(
      {
        runner: composition.runner,
        engine: composition.engine,
        engineInUse: () => (store.listApps().length === 0 ? undefined : store.getSetting(socketSetting)),
        store,
        clock: systemClock,
        ids: randomIds,
        identity,
        log,
        redactor,
        onStop: tell,
      },
      home.socket,
    );
    stack.defer(() => resumed);
    stack.defer(() => running.close());
    const all = stack.move();
    return { told, [Symbol.asyncDispose]: () => all.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** A socket that lies outside of the home is written down in it, so that a client with another environment finds it. */
function placeSocket(home: Home, uid: number): void {
  const directory = dirname(home.socket);
  if (directory === home.directory) return;
  ensurePrivateDirectory(directory, uid);
  writeFileSync(home.socketNote, `${home.socket}\n`, { mode: 0o600 });
}

function createLog(file: Pick<LogFile, 'write'>): Logger {
  const secrets = ['password', 'identitytoken', 'registryAuths', 'files', 'environment'];
  return pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]) },
    file,
  );
}

/** Tells the command that started this process, over the descriptor it was given, how the start went. */
class Starter {
  #descriptor: number | undefined;

  constructor(descriptor: string | undefined) {
    this.#descriptor = descriptor === undefined ? undefined : Number(descriptor);
  }

  ready(): void {
    this.#say('ready');
  }

  fail(error: BerthError): void {
    this.#say(JSON.stringify(error));
  }

  #say(line: string): void {
    if (this.#descriptor === undefined) return;
    try {
      writeSync(this.#descriptor, `${line}\n`);
      closeSync(this.#descriptor);
    } catch {
      // The command that started the server has gone; nobody waits for the answer.
    }
    this.#descriptor = undefined;
  }
}
