import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Clock, LogSource } from '../ports/index.ts';
import { parseAccessLine, type Way } from './access-line.ts';
import type { Counter } from './counter.ts';
import { Gathering, pausable } from './gathering.ts';
import { type AskMaster, readLeftovers } from './leftovers.ts';

export type LogReaderDeps = {
  readonly counter: Counter;
  readonly clock: Clock;
  readonly askMaster: AskMaster;
  readonly onTrouble: (error: Error) => void;
};

/** A line of ours is a few hundred bytes; who sends more without an end is not HAProxy. */
const longestLine = 16 * 1024;
/** How long catching up may take, how often it is looked whether it is done, and for how long lines are taken as they come in between. */
const catchingUp = { longestMs: 300, pauseMs: 15, attentiveMs: 30 } as const;

/** Takes the connections of HAProxy processes and hands their lines to the counter. */
export class LogReader {
  readonly #deps: LogReaderDeps;
  readonly #sources = new Map<string, { source: LogSource; readonly server: Server }>();
  readonly #sockets = new Map<Socket, { readonly path: string; readonly gathering: Gathering }>();
  readonly #closed = new AbortController();

  constructor(deps: LogReaderDeps) {
    this.#deps = deps;
  }

  /** Listens where a proxy sends its lines. The worker that connects is nobody; the directory above lets only those in who share it. */
  follow(source: LogSource): void {
    this.#deps.counter.follow(source);
    const known = this.#sources.get(source.socket);
    // The socket goes with the directory of a front that is removed, and the front may come back.
    if (known !== undefined && existsSync(source.socket)) {
      known.source = source;
      return;
    }
    known?.server.close();
    const server = createServer(pausable, (socket) => this.#take(source, socket));
    this.#sources.set(source.socket, { source, server });
    server.on('error', (error) => {
      this.#sources.delete(source.socket);
      this.#deps.onTrouble(error);
    });
    const directory = dirname(source.socket);
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    chmodSync(directory, 0o711);
    rmSync(source.socket, { force: true });
    server.listen(source.socket, () => chmodSync(source.socket, 0o666));
  }

  /** Takes the lines of a proxy as they come for a moment. */
  attend(path: string): void {
    for (const connection of this.#sockets.values()) if (connection.path === path) connection.gathering.attend();
  }

  /** Takes what HAProxy processes have gathered, for who wants to know what there was until now. */
  async catchUp(): Promise<void> {
    const { clock } = this.#deps;
    const untilMs = clock.now() + catchingUp.longestMs;
    // What waits in the connection is read only after a timer that has run out meanwhile: nothing twice is nothing.
    for (let quiet = 0; quiet < 2 && clock.now() < untilMs;) {
      for (const { gathering } of this.#sockets.values()) gathering.attend(catchingUp.attentiveMs);
      await clock.sleep(catchingUp.pauseMs, this.#closed.signal);
      quiet = [...this.#sockets.values()].some(({ gathering }) => gathering.isBehind) ? 0 : quiet + 1;
    }
  }

  close(): void {
    this.#closed.abort();
    for (const { server } of this.#sources.values()) server.close();
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #take({ socket: path, ringBytes }: LogSource, socket: Socket): void {
    const { counter, clock } = this.#deps;
    let rest = '';
    let last: Way | undefined;
    const gathering = new Gathering(socket, { clock, signal: this.#closed.signal, ringBytes });
    this.#sockets.set(socket, { path, gathering });
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const nowMs = clock.now();
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) last = counter.take(path, line, nowMs) ?? last;
      if (rest.length > longestLine) socket.destroy();
      else gathering.saw({ lines: lines.length, endMs: parseAccessLine(lines.at(-1) ?? '')?.measures.endMs, nowMs });
    });
    // It ended; what closes the connection says why.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (last !== undefined && !this.#closed.signal.aborted) void this.#finish(path, last);
    });
  }

  /** A process that was replaced sends nothing any more, but goes on serving what it has. */
  async #finish(path: string, { pid, born }: Way): Promise<void> {
    const { counter, clock } = this.#deps;
    const masters = this.#sources.get(path)?.source.masters ?? [];
    const onLine = (text: string): boolean => {
      if (!text.startsWith(`[${pid},${born},`)) return false;
      counter.takeAgain(path, text, clock.now());
      return true;
    };
    try {
      counter.replaced(path, await readLeftovers({ masters, pid }, this.#deps, { onLine, signal: this.#closed.signal }));
    } catch (thrown) {
      if (!this.#closed.signal.aborted) throw thrown;
    }
  }
}
