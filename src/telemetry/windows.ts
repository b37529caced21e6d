import { Histogram } from '../kit/index.ts';
import { latencyOf, type Measures } from './access-line.ts';

/** What is kept: each second of the last two minutes, each minute of the last three hours. */
const kept = { seconds: 120, minutes: 180 };
const secondMs = 1000;
const minuteMs = 60_000;

/** The beginning of the window that a moment is in: of a second, or where only minutes are known, of a minute. */
export function beginningOf(atMs: number, nowMs: number): number {
  const lengthMs = atMs >= nowMs - kept.seconds * secondMs ? secondMs : minuteMs;
  return Math.floor(atMs / lengthMs) * lengthMs;
}

/** Sums of what happened in a span of time. */
export class Cell {
  requests = 0;
  responses4xx = 0;
  responses5xx = 0;
  bytesIn = 0;
  bytesOut = 0;
  retries = 0;
  readonly latency = new Histogram();

  record(line: Measures): void {
    const { status = 0 } = line;
    this.requests++;
    if (status >= 500) this.responses5xx++;
    else if (status >= 400) this.responses4xx++;
    this.bytesIn += line.in;
    this.bytesOut += line.out;
    this.retries += line.retries;
    const latencyMs = latencyOf(line);
    if (latencyMs !== undefined) this.latency.record(latencyMs);
  }

  merge(other: Cell): void {
    this.requests += other.requests;
    this.responses4xx += other.responses4xx;
    this.responses5xx += other.responses5xx;
    this.bytesIn += other.bytesIn;
    this.bytesOut += other.bytesOut;
    this.retries += other.retries;
    this.latency.merge(other.latency);
  }
}

/** The recent past of one series in seconds, what was before in minutes, and nothing older. */
export class Windows {
  readonly #seconds = new Map<number, Cell>();
  readonly #minutes = new Map<number, Cell>();

  get isEmpty(): boolean {
    return this.#seconds.size === 0 && this.#minutes.size === 0;
  }

  /** Counts a line in the second in which its request ended. A line that was held up counts where it belongs. */
  record(line: Measures, nowMs: number): void {
    // HAProxy's clock is this machine's; a request cannot have ended later than now.
    const endMs = Math.min(line.endMs, nowMs);
    if (endMs < nowMs - kept.minutes * minuteMs) return;
    const isRecent = endMs >= nowMs - kept.seconds * secondMs;
    const [cells, lengthMs] = isRecent ? ([this.#seconds, secondMs] as const) : ([this.#minutes, minuteMs] as const);
    cellAt(cells, Math.floor(endMs / lengthMs)).record(line);
  }

  /** Gathers seconds that have grown old into minutes, and forgets minutes that have. */
  age(nowMs: number): void {
    const oldestSecond = Math.floor(nowMs / secondMs) - kept.seconds;
    for (const [second, cell] of this.#seconds) {
      if (second >= oldestSecond) continue;
      cellAt(this.#minutes, Math.floor((second * secondMs) / minuteMs)).merge(cell);
      this.#seconds.delete(second);
    }
    const oldestMinute = Math.floor(nowMs / minuteMs) - kept.minutes;
    for (const minute of this.#minutes.keys()) if (minute < oldestMinute) this.#minutes.delete(minute);
  }

  /** Adds everything since the beginning of a window to a sum. */
  addSince(fromMs: number, sum: Cell): void {
    for (const [second, cell] of this.#seconds) if (second * secondMs >= fromMs) sum.merge(cell);
    for (const [minute, cell] of this.#minutes) if (minute * minuteMs >= fromMs) sum.merge(cell);
  }
}

function cellAt(cells: Map<number, Cell>, at: number): Cell {
  const found = cells.get(at);
  if (found !== undefined) return found;
  const made = new Cell();
  cells.set(at, made);
  return made;
}
