import type { SessionRequest } from '../contract/index.ts';
import { BerthError } from '../errors/index.ts';
import { encodeFrame, FrameReader, type Frame } from '../kit/index.ts';
import { isErrorData, unreachable, upgrade, type Link } from './transport.ts';

/** `exec`: in a running instance. `run`: in a container of its own. */
export type SessionInput = { readonly kind: 'exec' | 'run'; readonly app: string; readonly request: SessionRequest };

export type SessionOutput = { readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array };

/** A command with its streams attached. */
export interface Session {
  /** To its end; with a TTY all is stdout. Throws what the server said, or SERVER_UNREACHABLE. Read it once. */
  readonly output: AsyncIterable<SessionOutput>;
  /** False when the connection is full: wait for the promise before writing more. */
  write(data: Uint8Array): Promise<void>;
  /** Ends standard input; the output stays open. */
  end(): void;
  resize(size: { readonly rows: number; readonly columns: number }): void;
  /** The command's exit code, once `output` has ended. */
  exitCode(): number;
  /** Hangs up: an exec'd command loses its terminal, a one-off container is stopped and removed. */
  close(): void;
}

/** The same numbers as the contract's `sessionFrames`, which a test compares. */
export const frames = { stdin: 0, stdout: 1, stderr: 2, stdinEnd: 3, resize: 4, exit: 5, error: 6, request: 7 } as const;

/** Opens a session and sends what it is for. */
export async function openSession(link: Link, input: SessionInput, signal?: AbortSignal): Promise<Session> {
  const { socket, head } = await upgrade(link, `/v1/apps/${encodeURIComponent(input.app)}/${input.kind}`, signal);
  const hangUp = () => socket.destroy();
  signal?.addEventListener('abort', hangUp, { once: true });
  socket.on('close', () => signal?.removeEventListener('abort', hangUp));
  // Read errors end the output below; this listener only keeps a late one from being uncaught.
  socket.on('error', () => undefined);
  socket.write(encodeFrame(frames.request, JSON.stringify(input.request)));
  let status: number | undefined;

  async function* output(): AsyncGenerator<SessionOutput, void> {
    const reader = new FrameReader();
    if (head.length > 0) socket.unshift(head);
    try {
      for await (const chunk of socket) {
        for (const frame of reader.push(Buffer.from(chunk))) {
          if (frame.type === frames.stdout) yield { stream: 'stdout', data: frame.payload };
          if (frame.type === frames.stderr) yield { stream: 'stderr', data: frame.payload };
          if (frame.type === frames.error) throw toError(link, frame);
          if (frame.type === frames.exit) status = toExitCode(frame);
        }
        if (status !== undefined) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof BerthError ? error : unreachable(link.socket, error);
    } finally {
      socket.destroy();
    }
    signal?.throwIfAborted();
    throw unreachable(link.socket, 'the session was cut');
  }

  return {
    output: output(),
    write(data) {
      if (socket.destroyed || socket.write(encodeFrame(frames.stdin, data))) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.once('drain', resolve);
      socket.once('close', resolve);
      return promise;
    },
    end: () => void socket.write(encodeFrame(frames.stdinEnd)),
    resize: (size) => void socket.write(encodeFrame(frames.resize, JSON.stringify(size))),
    exitCode() {
      if (status === undefined) throw unreachable(link.socket, 'the session has not ended');
      return status;
    },
    close: hangUp,
  };
}

function toError(link: Link, frame: Frame): BerthError {
  const data: unknown = JSON.parse(Buffer.from(frame.payload).toString());
  return isErrorData(data) ? BerthError.from(data) : unreachable(link.socket, 'it sent an error that this berth does not know');
}

function toExitCode(frame: Frame): number {
  const data: unknown = JSON.parse(Buffer.from(frame.payload).toString());
  return typeof data === 'object' && data !== null && 'exitCode' in data ? Number(data.exitCode) : 1;
}
