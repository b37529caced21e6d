import type { Socket } from 'node:net';
import type { Clock } from '../ports/index.ts';

/** Of a server whose connections stop reading as soon as they are paused; else Node reads another 64 KiB, and is woken for each line. */
export const pausable = { highWaterMark: 1 } as const;

/** How many lines in how long are many. */
const dense = { lines: 40, ms: 20 } as const;
/**
 * How old what is left behind may be. Whoever reads all that there is gets the next lines one by one, until the connection has
 * filled again; what is left there keeps it full, so that HAProxy sends 16 KiB at a time.
 */
const freshMs = 200;
/** HAProxy's memory holds many times what comes meanwhile. */
const pauseMs = 100;
/** For so long a change of HAProxy may take from when it is announced. */
const attentiveMs = 2000;

/**
 * Lets lines of one connection gather while they come densely. HAProxy sends each line as it comes: where there are thousands
 * a second, sending and waking for each costs both sides more than the line.
 */
export class Gathering {
  readonly #socket: Pick<Socket, 'pause' | 'resume'>;
  readonly #clock: Pick<Clock, 'now' | 'sleep'>;
  readonly #signal: AbortSignal;
  #sinceMs = 0;
  #lines = 0;
  #attentiveUntilMs = 0;

  constructor(socket: Pick<Socket, 'pause' | 'resume'>, clock: Pick<Clock, 'now' | 'sleep'>, signal: AbortSignal) {
    this.#socket = socket;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** To be called after each read. `endMs`: when the last request of it ended; absent where it held none. */
  saw({ lines, endMs = 0, nowMs }: { readonly lines: number; readonly endMs?: number | undefined; readonly nowMs: number }): void {
    if (nowMs - this.#sinceMs >= dense.ms) {
      this.#sinceMs = nowMs;
      this.#lines = 0;
    }
    this.#lines += lines;
    // Only who is not far behind may wait: HAProxy's memory would overflow.
    if (nowMs - endMs > freshMs || this.#lines < dense.lines || nowMs < this.#attentiveUntilMs) return;
    this.#socket.pause();
    void this.#clock.sleep(pauseMs, this.#signal).then(
      () => this.#socket.resume(),
      () => undefined,
    );
  }

  /** Takes lines as they come for a while: what a process has not sent when it is replaced can be asked for only until it ends. */
  attend(): void {
    this.#attentiveUntilMs = this.#clock.now() + attentiveMs;
    this.#socket.resume();
  }
}
