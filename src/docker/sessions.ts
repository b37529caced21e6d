import { posix } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BerthError } from '../errors/index.ts';
import type { AttachSession, CommandRefusal, Engine, ExecInput, ExecSession, LogLine, LogQuery } from '../ports/index.ts';
import { inspectRaw } from './containers.ts';
import { toEngineError } from './errors.ts';
import { framesOfLines, rawFrames, readFrames, readLogLines, type Frame } from './frames.ts';
import { deadlines, segment, type EngineHttp, type Hijacked } from './http.ts';

type SessionCalls = Pick<Engine, 'containerLogs' | 'exec' | 'openExec' | 'attachContainer' | 'resizeContainer'>;

const { lookMs, changeMs } = deadlines;
/** Longest that a command run by `exec` may take; a caller that knows better gives a signal. */
const execMs = 30 * 60_000;

/** The calls of the port that carry streams of a container: logs, commands, attached terminals. */
export function sessionCalls(http: EngineHttp): SessionCalls {
  return {
    containerLogs: (id, query, signal) => containerLogs(http, id, query, signal),
    async exec(id, input, signal) {
      const execId = await createExec(http, id, { ...input, tty: false, stdin: false }, signal);
      const over = AbortSignal.timeout(execMs);
      const chunks = await http.open({
        method: 'POST',
        path: `/exec/${execId}/start`,
        json: { Detach: false, Tty: false },
        doing: `run a command in container ${id}`,
        timeoutMs: changeMs,
        signal: signal === undefined ? over : AbortSignal.any([signal, over]),
      });
      const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      for await (const { stream, data } of readFrames(chunks)) output[stream].push(data);
      signal?.throwIfAborted();
      const exitCode = await exitCodeOf(http, execId, id);
      return { exitCode, stdout: Buffer.concat(output.stdout).toString(), stderr: Buffer.concat(output.stderr).toString() };
    },
    async openExec(id, input, signal): Promise<ExecSession> {
      const execId = await createExec(http, id, input, signal);
      const hijacked = await http.hijack({
        method: 'POST',
        path: `/exec/${execId}/start`,
        json: { Detach: false, Tty: input.tty },
        doing: `run a command in container ${id}`,
        timeoutMs: changeMs,
        signal,
      });
      const terminal: Terminal = { id, resizePath: `/exec/${execId}/resize`, isOver: () => isExecOver(http, execId, id) };
      const session = toSession(http, hijacked, { tty: input.tty, terminal });
      return { ...session, refusal: () => refusalOf(http, { execId, id, input }), exitCode: () => exitCodeOf(http, execId, id) };
    },
    async attachContainer(id, { tty, stdin }, signal): Promise<AttachSession> {
      const hijacked = await http.hijack({
        method: 'POST',
        path: `/containers/${segment(id)}/attach`,
        query: { stream: true, stdout: true, stderr: true, stdin },
        doing: `attach to container ${id}`,
        timeoutMs: changeMs,
        signal,
      });
      return toSession(http, hijacked, { tty, terminal: terminalOf(http, id) });
    },
    resizeContainer: (id, size, signal) => resize(http, terminalOf(http, id), size, signal),
  };
}

async function* containerLogs(http: EngineHttp, id: string, query: LogQuery, signal?: AbortSignal): AsyncGenerator<LogLine, void, void> {
  const doing = `read the log of container ${id}`;
  const raw = await inspectRaw(http, id, signal);
  if (raw === undefined) throw toEngineError(doing, 404, 'No such container.');
  const chunks = await http.open({
    method: 'GET',
    path: `/containers/${raw.Id}/logs`,
    query: {
      stdout: true,
      stderr: true,
      timestamps: true,
      follow: query.follow ?? false,
      tail: query.tail ?? 'all',
      since: toSeconds(query.sinceMs),
      until: toSeconds(query.untilMs),
    },
    doing,
    timeoutMs: lookMs,
    signal,
    ...(query.follow === true ? {} : { idleMs: changeMs }),
  });
  yield* readLogLines(raw.Config?.Tty === true ? framesOfLines(chunks) : readFrames(chunks, 'whole'));
}

/** The API takes seconds with a fraction. */
export function toSeconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : (ms / 1000).toFixed(3);
}

async function createExec(
  http: EngineHttp,
  id: string,
  input: ExecInput & { tty: boolean; stdin: boolean },
  signal: AbortSignal | undefined,
): Promise<string> {
  const created = await http.json<{ Id: string }>({
    method: 'POST',
    path: `/containers/${segment(id)}/exec`,
    json: {
      Cmd: input.command,
      AttachStdin: input.stdin,
      AttachStdout: true,
      AttachStderr: true,
      Tty: input.tty,
      User: input.user ?? '',
      WorkingDir: input.workingDir ?? '',
      Privileged: input.privileged ?? false,
      Env: Object.entries(input.environment ?? {}).map(([key, value]) => `${key}=${value}`),
    },
    doing: `run a command in container ${id}`,
    timeoutMs: changeMs,
    signal,
  });
  return created.Id;
}

/** The engine notes the exit code a moment after the output has ended. */
async function exitCodeOf(http: EngineHttp, execId: string, id: string): Promise<number> {
  const doing = `read the exit code of a command in container ${id}`;
  for (let tries = 0; tries < 100; tries++) {
    // oxlint-disable-next-line no-await-in-loop
    const raw = await http.get<{ Running?: boolean; ExitCode?: number | null }>({ path: `/exec/${execId}/json`, doing });
    if (raw === undefined) throw toEngineError(doing, 404, 'The engine has forgotten the command.');
    if (raw.Running !== true && typeof raw.ExitCode === 'number') return raw.ExitCode;
    // oxlint-disable-next-line no-await-in-loop
    await sleep(20);
  }
  throw new BerthError('ENGINE_TIMEOUT', `Could not ${doing}: the engine says that it still runs.`);
}

/** Whether a path that says where the command is leads to something tells why it did not begin: engines before 25 always say 126. */
async function refusalOf(
  http: EngineHttp,
  { execId, id, input }: { execId: string; id: string; input: ExecInput },
): Promise<CommandRefusal | undefined> {
  const doing = `look at a command in container ${id}`;
  const raw = await http.get<{ Running?: boolean; Pid?: number; ExitCode?: number | null }>({ path: `/exec/${execId}/json`, doing });
  const hasBegun = raw === undefined || raw.Running === true || (raw.Pid ?? 0) > 0;
  if (hasBegun || (raw.ExitCode !== 126 && raw.ExitCode !== 127)) return undefined;
  const [name = ''] = input.command;
  // A bare name is looked up among what can be executed only.
  if (!name.includes('/')) return 'not-found';
  const directory = input.workingDir ?? (await inspectRaw(http, id))?.Config?.WorkingDir ?? '';
  const path = posix.resolve('/', directory, name);
  const call = { method: 'HEAD', path: `/containers/${segment(id)}/archive`, query: { path }, doing, timeoutMs: lookMs } as const;
  return (await http.send(call, [404])).status === 404 ? 'not-found' : 'not-executable';
}

async function isExecOver(http: EngineHttp, execId: string, id: string): Promise<boolean> {
  const doing = `look at a command in container ${id}`;
  return (await http.get<{ Running?: boolean }>({ path: `/exec/${execId}/json`, doing }))?.Running !== true;
}

function toSession(http: EngineHttp, hijacked: Hijacked, input: { tty: boolean; terminal: Terminal }): AttachSession {
  const output: AsyncIterable<Frame> = input.tty ? rawFrames(hijacked.output) : readFrames(hijacked.output);
  // What fails on the way in also ends the output, where it is told.
  hijacked.input.on('error', () => hijacked.close());
  return {
    output,
    write: (data) => {
      const { input: socket } = hijacked;
      if (!socket.writable || socket.write(data)) return undefined;
      return new Promise((resolve) => {
        const done = (): void => {
          socket.off('drain', done);
          socket.off('close', done);
          resolve();
        };
        socket.on('drain', done);
        socket.on('close', done);
      });
    },
    end: () => {
      if (hijacked.input.writable) hijacked.input.end();
    },
    resize: (size) => resize(http, input.terminal, size),
    close: hijacked.close,
  };
}

/** The terminal of a container or of a command in one, and whether that has ended. */
type Terminal = { readonly id: string; readonly resizePath: string; readonly isOver: () => Promise<boolean> };

function terminalOf(http: EngineHttp, id: string): Terminal {
  const isOver = async (): Promise<boolean> => (await inspectRaw(http, id))?.State?.Status !== 'running';
  return { id, resizePath: `/containers/${segment(id)}/resize`, isOver };
}

async function resize(
  http: EngineHttp,
  { id, resizePath, isOver }: Terminal,
  size: { readonly rows: number; readonly columns: number },
  signal?: AbortSignal,
): Promise<void> {
  const query = { h: size.rows, w: size.columns };
  const doing = `resize the terminal of container ${id}`;
  try {
    await http.send({ method: 'POST', path: resizePath, query, doing, timeoutMs: lookMs, signal });
  } catch (error) {
    // What ended in the meantime has no terminal any more, and its output and exit code are still wanted.
    if (!(await isOver())) throw error;
  }
}
