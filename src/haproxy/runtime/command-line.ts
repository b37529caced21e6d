import { BerthError } from '../../errors/index.ts';
import { askMaster, askWorker } from './command-socket.ts';

/** Sends one command to a HAProxy process and answers what it said; one that has ended says nothing. */
export type Ask = (command: string, signal?: AbortSignal) => Promise<string>;

/** The same, with lines that belong to the command. */
export type AskWithLines = (command: string, signal?: AbortSignal, payload?: string) => Promise<string>;

/** HAProxy's two command lines: of the current worker, and of the master, which passes on to any worker. */
export type CommandLine = {
  readonly worker: AskWithLines;
  readonly master: Ask;
  /** A worker that a reload left behind, by its process id in the container. */
  readonly oldWorker: (pid: number) => Ask;
};

/** The command lines behind the sockets in a directory. */
export function openCommandLine(input: { runtime: string; master: string }): CommandLine {
  const master: Ask = (command, signal) => named(command, askMaster(input.master, needLine(command), { deadlineMs, signal }), signal);
  return {
    worker: (command, signal, payload) =>
      named(command, askWorker(input.runtime, withPayload(needLine(command), payload), { deadlineMs, signal }), signal),
    master,
    oldWorker: (pid) => (command, signal) => master(`@!${pid} ${command}`, signal),
  };
}

/** The longest that HAProxy may take for one command; a reload of a thousand services takes a second. */
const deadlineMs = 30_000;

function needLine(command: string): string {
  if (/[\r\n]/.test(command)) throw new BerthError('INTERNAL', 'A command for HAProxy may not hold a line break.');
  return command;
}

/** A blank line ends the payload, and what came after it would be a command. */
function withPayload(command: string, payload: string | undefined): string {
  if (payload === undefined) return `${command}\n`;
  if (/\r|\n\n|^\n/.test(payload)) throw new BerthError('INTERNAL', 'What is sent with a command for HAProxy may not hold a blank line.');
  return `${command} <<\n${payload}\n\n`;
}

async function named(command: string, answer: Promise<string>, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await answer;
  } catch (cause) {
    if (!(cause instanceof Error) || cause === signal?.reason) throw cause;
    throw new BerthError('EDGE_FAILED', `HAProxy does not answer to \`${command}\`: ${cause.message}.`, { cause });
  }
}
