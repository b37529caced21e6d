import { connect, type Socket } from 'node:net';

/** How long to wait for an answer, and what ends the wait sooner. */
export type Waiting = { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined };

/**
 * Sends commands to the socket of a worker (management guide of HAProxy 3.0, 9.3) and answers what it said.
 *
 * @throws The socket's error; after the deadline one that says so; the signal's reason.
 */
export function askWorker(path: string, commands: string, waiting: Waiting): Promise<string> {
  return converse(path, waiting, (socket) => socket.end(commands));
}

/** What a master says itself of a worker that has ended meanwhile. It leaves that connection open. */
const ended = "Can't find the target PID";

/**
 * Sends a command to the socket of a master (management guide of HAProxy 3.0, 9.4) and answers what it said: nothing where
 * the command is for a worker that has ended.
 *
 * Our side stays open, unlike with a worker: a master that has just said that a worker has ended may miss that our side
 * ends, and keeps the connection until the next reload; with ten of those it takes no other (3.0.11, decision 0021).
 *
 * @throws As {@link askWorker}.
 */
export function askMaster(path: string, command: string, waiting: Waiting): Promise<string> {
  return converse(path, waiting, (socket, said) => {
    socket.on('data', () => {
      if (!said.text.startsWith(ended)) return;
      said.text = '';
      socket.destroy();
    });
    socket.write(`${command}\nquit\n`);
  });
}

/** One question a connection: the end of the answer is the end of the connection. */
function converse(
  path: string,
  { deadlineMs, signal }: Waiting,
  ask: (socket: Socket, said: { text: string }) => unknown,
): Promise<string> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const said = { text: '' };
    const socket = connect(path).setEncoding('utf8');
    const abort = (): void => {
      socket.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('data', (chunk: string) => (said.text += chunk));
    socket.on('timeout', () => socket.destroy(new Error(`no answer in ${deadlineMs / 1000} s`)));
    socket.on('error', reject);
    socket.on('close', () => {
      signal?.removeEventListener('abort', abort);
      resolve(said.text.trim());
    });
    socket.setTimeout(deadlineMs);
    ask(socket, said);
  });
}
