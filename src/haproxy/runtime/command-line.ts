import { connect } from 'node:net';
import { BerthError } from '../../errors/index.ts';

/** Sends one command to a HAProxy process, with lines that belong to it if there are any, and answers what it said. */
export type Ask = (command: string, signal?: AbortSignal, payload?: string) => Promise<string>;

/** HAProxy's two command lines: of the current worker, and of the master, which passes on to any worker. */
export type CommandLine = {
  readonly worker: Ask;
  readonly master: Ask;
  /** A worker that a reload left behind, by its process id in the container. */
  readonly oldWorker: (pid: number) => Ask;
};

/** The command lines behind the sockets in a directory. */
export function openCommandLine(input: { runtime: string; master: string }): CommandLine {
  const master: Ask = (command, signal, payload) => ask(input.master, withPayload(command, payload), signal);
  return {
    worker: (command, signal, payload) => ask(input.runtime, withPayload(command, payload), signal),
    master,
    oldWorker: (pid) => (command, signal, payload) => master(`@!${pid} ${command}`, signal, payload),
  };
}

/** The longest that HAProxy may take for one command; a reload of a thousand services takes a second. */
const deadlineMs = 30_000;

/** A blank line ends the payload, and what came after it would be a command. */
function withPayload(command: string, payload: string | undefined): string {
  if (/[\r\n]/.test(command)) throw new BerthError('INTERNAL', 'A command for HAProxy may not hold a line break.');
  if (payload === undefined) return command;
  if (/\r|\n\n|^\n/.test(payload)) throw new BerthError('INTERNAL', 'What is sent with a command for HAProxy may not hold a blank line.');
  return `${command} <<\n${payload}\n`;
}

/** One command a connection: the end of the answer is the end of the connection. */
function ask(path: string, command: string, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const chunks: Buffer[] = [];
    const socket = connect(path);
    const abort = (): void => {
      socket.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('timeout', () => socket.destroy(new Error(`no answer in ${deadlineMs / 1000} s`)));
    socket.on('error', (cause) =>
      reject(new BerthError('EDGE_FAILED', `HAProxy does not answer to \`${command.split('\n')[0]}\`: ${cause.message}.`, { cause })),
    );
    socket.on('close', () => {
      signal?.removeEventListener('abort', abort);
      resolve(Buffer.concat(chunks).toString('utf8').trim());
    });
    socket.setTimeout(deadlineMs);
    socket.end(`${command}\n`);
  });
}
