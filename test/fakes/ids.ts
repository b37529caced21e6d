import type { Ids } from '../../src/ports/index.ts';

/** Random numbers in [0, 1) that a seed determines (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Ids that a seed determines. */
export class FakeIds implements Ids {
  readonly #random: () => number;

  constructor(seed = 1) {
    this.#random = seededRandom(seed);
  }

  next(): string {
    const part = (): string =>
      Math.floor(this.#random() * 36 ** 6)
        .toString(36)
        .padStart(6, '0');
    return part() + part();
  }
}
