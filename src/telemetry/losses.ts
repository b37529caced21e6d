import type { TrafficGap } from '../ports/index.ts';
import type { Measures, Way } from './access-line.ts';

/** How many gaps are remembered. */
const most = 100;

/** A gap, and the socket that the lines should have come by. */
type SourceGap = { readonly source: string; readonly gap: TrafficGap };

/** Which lines are numbered together: those of one listener of one HAProxy process. */
export type SequenceName = { readonly key: string; readonly source: string };

export function sequenceOf(source: string, { pid, born, frontend }: Way): SequenceName {
  return { source, key: `${source} ${pid} ${born} ${frontend}` };
}

type Sequence = {
  readonly source: string;
  first: number;
  last: number;
  seen: number;
  told: number;
  missingBefore: number;
  lastAtMs: number;
};

/** Finds out from the numbers of lines how many never came. */
export class Losses {
  readonly #sequences = new Map<string, Sequence>();
  readonly #gaps: SourceGap[] = [];

  /** What is missing of the sources that are wanted. */
  gaps(isWanted: (source: string) => boolean): TrafficGap[] {
    return this.#gaps.filter(({ source }) => isWanted(source)).map(({ gap }) => gap);
  }

  /** Whether a line of this number was counted already in a sequence. */
  isKnown({ key }: SequenceName, { n }: Measures): boolean {
    const sequence = this.#sequences.get(key);
    return sequence !== undefined && n <= sequence.last;
  }

  see({ key, source }: SequenceName, line: Measures): void {
    const sequence = this.#sequences.get(key);
    if (sequence === undefined) {
      this.#sequences.set(key, { source, first: line.n, last: line.n, seen: 1, told: 0, missingBefore: 0, lastAtMs: line.endMs });
      return;
    }
    sequence.seen++;
    sequence.first = Math.min(sequence.first, line.n);
    sequence.last = Math.max(sequence.last, line.n);
    sequence.lastAtMs = Math.max(sequence.lastAtMs, line.endMs);
  }

  /** Notes what is missing. Threads of HAProxy overtake each other: missing is only what is so twice in a row. */
  settle(nowMs: number, lastMs: number): void {
    for (const [key, sequence] of this.#sequences) {
      const missing = sequence.last - sequence.first + 1 - sequence.seen;
      const sure = Math.min(missing, sequence.missingBefore) - sequence.told;
      sequence.missingBefore = missing;
      if (sure > 0) {
        sequence.told += sure;
        this.note(sequence.source, { kind: 'lost', fromMs: lastMs, toMs: nowMs, lines: sure });
      }
      // A process that is long gone, or has nobody to serve: should it come back, it begins anew.
      if (sequence.lastAtMs < nowMs - 24 * 3_600_000) this.#sequences.delete(key);
    }
  }

  note(source: string, gap: TrafficGap): void {
    this.#gaps.push({ source, gap });
    if (this.#gaps.length > most) this.#gaps.shift();
  }
}
