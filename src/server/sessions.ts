import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { prettifyError } from 'zod';
import { sessionFrames, sessionRequestSchema, type SessionRequest } from '../contract/index.ts';
import { BerthError, type BerthErrorData } from '../errors/index.ts';
import { encodeFrame, FrameReader, type Frame } from '../kit/index.ts';
import type { AttachSession, Engine } from '../ports/index.ts';
import { needEngine, type ServerDeps } from './deps.ts';
import { outputOfBegun, startOneOff } from './refused-command.ts';

type SessionDeps = Pick<ServerDeps, 'runner' | 'engine'> & { readonly describe: (error: unknown) => BerthErrorData };

/** How long a one-off container whose user hung up has to end. */
const hangUpGraceMs = 10_000;
const path = /^\/v1\/apps\/([^/?]+)\/(exec|run)$/;

/** A command whose streams are attached, whichever kind it is. */
type Attached = {
  readonly streams: AttachSession;
  /** Lets it begin; `exec` has begun already. */
  start(): Promise<void>;
  exitCode(): Promise<number>;
  /** Always called at the end, also when the user hung up. */
  cleanUp(): Promise<void>;
};

/** Turns the connection of an upgrade request into a session of frames (`contract/api.ts` says which). */
export async function serveSession(
  deps: SessionDeps,
  request: IncomingMessage,
  connection: { socket: Duplex; head: Buffer },
): Promise<void> {
  const { socket, head } = connection;
  const [, app, kind] = path.exec(request.url ?? '') ?? [];
  // A broken connection is seen by the reads below.
  socket.on('error', () => undefined);
  if (app === undefined || kind === undefined || request.method !== 'POST') {
    socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: berth\r\n\r\n');
  if (head.length > 0) socket.unshift(head);
  const hungUp = new AbortController();
  const frames = readFrames(socket);
  try {
    const asked = await readRequest(frames);
    const attach = kind === 'exec' ? attachExec : attachRun;
    const attached = await attach(deps, { app: decodeURIComponent(app), request: asked }, hungUp.signal);
    const exitCode = await converse({ socket, frames, hungUp }, attached);
    socket.end(encodeFrame(sessionFrames.exit, JSON.stringify({ exitCode })));
  } catch (error) {
    if (!socket.destroyed) socket.end(encodeFrame(sessionFrames.error, JSON.stringify(deps.describe(error))));
  } finally {
    hungUp.abort();
  }
}

async function* readFrames(socket: Duplex): AsyncGenerator<Frame, void> {
  const reader = new FrameReader();
  for await (const chunk of socket) yield* reader.push(Buffer.from(chunk));
}

async function readRequest(frames: AsyncGenerator<Frame, void>): Promise<SessionRequest> {
  const first = await frames.next();
  if (first.done === true || first.value.type !== sessionFrames.request) {
    throw new BerthError('INVALID_REQUEST', 'The first frame of a session is its request.');
  }
  const asked = sessionRequestSchema.safeParse(JSON.parse(text(first.value)));
  if (asked.success) return asked.data;
  throw new BerthError('INVALID_REQUEST', `The session does not fit its schema: ${prettifyError(asked.error)}`);
}

async function attachExec(
  deps: SessionDeps,
  { app, request }: { app: string; request: SessionRequest },
  signal: AbortSignal,
): Promise<Attached> {
  const engine = needEngine(deps, app);
  const { name } = await deps.runner.pickInstance(app, request.service, request.instance);
  const { command, tty, stdin, user, workingDir, environment } = request;
  const streams = await engine.openExec(name, { command, tty, stdin, user, workingDir, environment }, signal);
  return {
    streams: { ...streams, output: outputOfBegun(streams, request) },
    start: () => resize(streams, request),
    exitCode: () => streams.exitCode(),
    cleanUp: () => Promise.resolve(streams.close()),
  };
}

async function attachRun(
  deps: SessionDeps,
  { app, request }: { app: string; request: SessionRequest },
  signal: AbortSignal,
): Promise<Attached> {
  const socket = request.engine?.socket;
  const oneOff = await deps.runner.runOneOff({ app, request, socket });
  let engine: Engine;
  let streams: AttachSession;
  try {
    engine = needEngine(deps, app, socket);
    streams = await engine.attachContainer(oneOff.name, { tty: request.tty, stdin: request.stdin }, signal);
  } catch (error) {
    await oneOff.cleanup();
    throw error;
  }
  return {
    streams,
    async start() {
      await startOneOff({ engine, name: oneOff.name, request }, signal);
      await resize(streams, request);
    },
    exitCode: () => engine.waitContainer(oneOff.name, signal),
    async cleanUp() {
      streams.close();
      try {
        // Does nothing to one that has ended by itself.
        await engine.stopContainer(oneOff.name, { graceMs: hangUpGraceMs });
      } finally {
        await oneOff.cleanup();
      }
    },
  };
}

async function resize(streams: AttachSession, { tty, rows, columns }: SessionRequest): Promise<void> {
  if (tty && rows !== undefined && columns !== undefined) await streams.resize({ rows, columns });
}

type Conversation = { readonly socket: Duplex; readonly frames: AsyncGenerator<Frame, void>; readonly hungUp: AbortController };

/** Carries bytes both ways until the command has ended, and answers its exit code. */
async function converse({ socket, frames, hungUp }: Conversation, attached: Attached): Promise<number> {
  const { streams } = attached;
  const hangUp = () => {
    hungUp.abort(new BerthError('CANCELLED', 'The session was hung up.'));
    streams.close();
  };
  try {
    // Ends with the connection, whichever way that ends.
    takeInput(frames, streams).then(hangUp, hangUp);
    await attached.start();
    for await (const { stream, data } of streams.output) {
      if (!socket.write(encodeFrame(sessionFrames[stream], data))) await hasRoom(socket, hungUp.signal);
    }
    hungUp.signal.throwIfAborted();
    return await attached.exitCode();
  } finally {
    await attached.cleanUp();
  }
}

async function takeInput(frames: AsyncGenerator<Frame, void>, streams: AttachSession): Promise<void> {
  for await (const frame of frames) {
    if (frame.type === sessionFrames.stdin) await streams.write(frame.payload);
    if (frame.type === sessionFrames.stdinEnd) streams.end();
    if (frame.type === sessionFrames.resize) await streams.resize(toSize(frame));
  }
}

function toSize(frame: Frame): { rows: number; columns: number } {
  const size: unknown = JSON.parse(text(frame));
  if (typeof size === 'object' && size !== null && 'rows' in size && 'columns' in size) {
    return { rows: Number(size.rows), columns: Number(size.columns) };
  }
  throw new BerthError('INVALID_REQUEST', 'A terminal has rows and columns.');
}

async function hasRoom(socket: Duplex, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('drain', resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

function text(frame: Frame): string {
  return Buffer.from(frame.payload).toString();
}
