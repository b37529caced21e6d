import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { BerthError } from '../errors/index.ts';

/** A program to run: arguments as they are, never a shell line; the environment is all that it sees. */
export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
};

/** How to follow a program. Each line of both outputs goes to `onLine`, in the order in which they came. */
export type Follow = {
  readonly onLine?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** Runs a program to its end and answers its exit code; undefined when it could not be started. */
export type RunProcess = (command: Command, follow?: Follow) => Promise<number | undefined>;

/** How long a process group has to end by itself before it is killed. */
const graceMs = 2000;

/** Runs a program in a process group of its own, which is ended whole when the signal aborts. */
export const runProcess: RunProcess = async (command, follow = {}) => {
  follow.signal?.throwIfAborted();
  const child = spawn(command.file, command.args, {
    cwd: command.cwd ?? '/',
    env: { ...command.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let closed = false;
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.once('error', (error) => (isMissing(error) ? resolve(undefined) : reject(failedToStart(command, error))));
    child.once('close', (code) => {
      closed = true;
      resolve(code ?? -1);
    });
  });
  /** The group outlives its first process as long as one of it holds the outputs open. */
  const kill = (unixSignal: NodeJS.Signals): void => {
    if (child.pid === undefined || closed) return;
    try {
      process.kill(-child.pid, unixSignal);
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown;
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    kill('SIGTERM');
    timer = setTimeout(() => kill('SIGKILL'), graceMs);
  };
  follow.signal?.addEventListener('abort', abort, { once: true });
  try {
    const [code] = await Promise.all([ended, readLines(child.stdout, follow.onLine), readLines(child.stderr, follow.onLine)]);
    follow.signal?.throwIfAborted();
    return code;
  } catch (thrown) {
    kill('SIGKILL');
    throw thrown;
  } finally {
    clearTimeout(timer);
    follow.signal?.removeEventListener('abort', abort);
  }
};

async function readLines(stream: Readable, onLine: Follow['onLine']): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine?.(line);
}

function isMissing(error: Error): boolean {
  return 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES');
}

function failedToStart(command: Command, cause: Error): BerthError {
  return new BerthError('INTERNAL', `Could not start ${command.file}: ${cause.message}.`, { cause });
}
