import type { Socket } from 'node:net';
import type { Clock } from '../ports/index.ts';

/** Of a server whose connections stop reading as soon as they are paused; else Node reads another 64 KiB, and is woken for each line. */
export const pausable = { highWaterMark: 1 } as const;

/** Lines that come more slowly are taken as they come. */
const fewPerMs = 0.1;
/** Over how long the pace is measured; sooner only that it has become so many times faster, and never over a rest. */
const measured = { leastMs: 25, ms: 50, mostMs: 500, jump: 2 } as const;
/**
 * How much is left behind, and how old at most. Whoever reads all that there is gets the next lines one by one, until the
 * connection has filled again; what is left there keeps it full, so that HAProxy sends 16 KiB at a time.
 */
const left = { mostLines: 3000, ms: 1000 } as const;
/** For how long more are awaited then, and how many: as a share of what is left. */
const awaited = { share: 0.5, leastMs: 20, longestMs: 250 } as const;
/** How much of what was awaited is read before more is: less does not tell whether they come faster by now. */
const readShare = 0.25;
/** A line takes some 110 bytes. Most of HAProxy's memory is for when this process does not get to read. */
const bytesForLine = 500;
/** For so long a change of HAProxy may take from when it is announced. */
const changeMs = 2000;
/** Who reads lines of so long ago has not caught up; who read nothing for so long has. */
const behind = { ms: 50, quietMs: 25 } as const;

/**
 * Lets lines of one connection gather while they come densely. HAProxy sends each line as it comes: where there are hundreds
 * a second, sending and waking for each costs both sides more than the line.
 */
export class Gathering {
  readonly #socket: Pick<Socket, 'pause' | 'resume'>;
  readonly #clock: Pick<Clock, 'now' | 'sleep'>;
  readonly #signal: AbortSignal;
  readonly #leftLines: number;
  /** Lines a millisecond, by when their requests ended. */
  #pace = 0;
  #counted = { lines: 0, fromMs: 0 };
  /** How many lines to read before the next pause. */
  #due = 0;
  #last = { ageMs: 0, atMs: 0 };
  #attentiveUntilMs = 0;

  /** `ringBytes`: how much HAProxy keeps until it is sent. */
  constructor(
    socket: Pick<Socket, 'pause' | 'resume'>,
    {
      clock,
      signal,
      ringBytes,
    }: { readonly clock: Pick<Clock, 'now' | 'sleep'>; readonly signal: AbortSignal; readonly ringBytes: number },
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#signal = signal;
    this.#leftLines = Math.min(left.mostLines, ringBytes / bytesForLine);
  }

  /** Whether it has just read what is not new. */
  get isBehind(): boolean {
    const { ageMs, atMs } = this.#last;
    return ageMs > behind.ms && this.#clock.now() - atMs < behind.quietMs;
  }

  /** To be called after each read. `endMs`: when the last request of it ended; absent where it held none. */
  saw({ lines, endMs, nowMs }: { readonly lines: number; readonly endMs?: number | undefined; readonly nowMs: number }): void {
    if (endMs === undefined) return;
    const ageMs = nowMs - endMs;
    this.#last = { ageMs, atMs: nowMs };
    this.#measure(lines, endMs);
    this.#due -= lines;
    if (this.#pace < fewPerMs || nowMs < this.#attentiveUntilMs) return;
    // Only who is not far behind may wait: HAProxy's memory would overflow.
    if (this.#due > 0 || ageMs > left.ms || ageMs * this.#pace > this.#leftLines) return;
    this.#socket.pause();
    const pauseMs = Math.min(awaited.longestMs, Math.max(awaited.leastMs, (this.#leftLines * awaited.share) / this.#pace));
    this.#due = this.#pace * pauseMs * readShare;
    void this.#clock.sleep(pauseMs, this.#signal).then(
      () => this.#socket.resume(),
      () => undefined,
    );
  }

  /** Takes lines as they come for a while: what a process has not sent when it is replaced can be asked for only until it ends. */
  attend(forMs = changeMs): void {
    this.#attentiveUntilMs = Math.max(this.#attentiveUntilMs, this.#clock.now() + forMs);
    this.#socket.resume();
  }

  #measure(lines: number, endMs: number): void {
    this.#counted.lines += lines;
    const ms = endMs - this.#counted.fromMs;
    if (ms < measured.ms) {
      const soFar = this.#counted.lines / Math.max(ms, measured.leastMs);
      if (this.#pace > 0 && soFar > this.#pace * measured.jump) this.#pace = soFar;
      return;
    }
    this.#pace = ms > measured.mostMs ? 0 : this.#counted.lines / ms;
    this.#counted = { lines: 0, fromMs: endMs };
  }
}
