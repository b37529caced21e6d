import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { BerthError, type BerthErrorData } from '../errors/index.ts';
import { ensurePrivateDirectory, type Home } from './home.ts';
import { isErrorData } from './transport.ts';

/** How the server is started. */
export type ServerProgram = {
  /** `[node, entry, 'server', 'run']`. */
  readonly command: readonly string[];
  /** The caller's environment; only what is on the list below gets through. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
};

/** The descriptor on which a started server says once that it is ready, or why it is not. */
const readyDescriptor = 3;

const outputLimitBytes = 256 * 1024;

/**
 * All that a server may see of the environment it happened to be started from: what a deploy depends on is sent with
 * each request. Proxies and certificate files are for making the edge's own image.
 */
const allowed =
  'PATH HOME USER LOGNAME LANG LC_ALL TZ TMPDIR XDG_RUNTIME_DIR BERTH_BASES BERTH_HAPROXY_IMAGE SSL_CERT_FILE NODE_EXTRA_CA_CERTS ' +
  'HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy';

export type Spawned = { readonly ready: true } | { readonly ready: false; readonly error: BerthError };

/** Starts a server of its own session, and waits until it serves or has said why it cannot. */
export async function spawnServer(home: Home, program: ServerProgram, signal?: AbortSignal): Promise<Spawned> {
  ensurePrivateDirectory(home.directory, program.uid);
  const [file, ...args] = program.command;
  if (file === undefined) throw new BerthError('INTERNAL', 'Could not start the server: its command is empty.');
  // Only the trace of a crash is written there, so it stays small; what earlier ones left is kept until it is not.
  const before = statSync(home.output, { throwIfNoEntry: false })?.size ?? 0;
  const output = openSync(home.output, before > outputLimitBytes ? 'w' : 'a', 0o600);
  const writtenBefore = before > outputLimitBytes ? 0 : before;
  try {
    const child = spawn(file, args, {
      cwd: '/',
      detached: true,
      env: { ...pick(program.environment), BERTH_HOME: home.directory, BERTH_READY_FD: String(readyDescriptor) },
      stdio: ['ignore', output, output, 'pipe'],
    });
    const failed = Promise.withResolvers<string>();
    child.on('error', (error) => failed.resolve(error.message));
    child.unref();
    const said = child.stdio[readyDescriptor];
    const line = await Promise.race([failed.promise, firstLine(said as Readable, signal)]);
    return judgeLine(line, home, readFileSync(home.output).subarray(writtenBefore).toString());
  } finally {
    closeSync(output);
  }
}

async function firstLine(pipe: Readable, signal?: AbortSignal): Promise<string> {
  const stop = () => pipe.destroy(signal?.reason instanceof Error ? signal.reason : undefined);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    let text = '';
    for await (const chunk of pipe.setEncoding('utf8')) {
      text += String(chunk);
      if (text.includes('\n')) break;
    }
    return text.trim();
  } finally {
    signal?.removeEventListener('abort', stop);
    pipe.destroy();
  }
}

function judgeLine(line: string, home: Home, output: string): Spawned {
  if (line === 'ready') return { ready: true };
  const data = parse(line);
  if (isErrorData(data)) return { ready: false, error: BerthError.from(data) };
  const lines = [line, ...output.split('\n').slice(-40)].filter((text) => text !== '');
  return {
    ready: false,
    error: new BerthError('SERVER_UNREACHABLE', 'Could not start the berth server: its process ended before it served.', {
      hint: `Read ${home.log} and ${home.output}.`,
      details: { lines },
    }),
  };
}

function parse(line: string): BerthErrorData | undefined {
  try {
    return JSON.parse(line) as BerthErrorData;
  } catch {
    return undefined; // No message of ours: the process died; its output says why.
  }
}

function pick(environment: ServerProgram['environment']): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of allowed.split(' ')) {
    const value = environment[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
