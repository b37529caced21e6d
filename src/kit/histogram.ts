/** Below twice this, every number has a bucket of its own; above, each octave has this many. */
const steps = 128;

/**
 * Counts of whole numbers from 0 upwards in log-linear buckets: exact up to 255, then within 0.4 %. Any two can be merged,
 * for the buckets are the same everywhere. It takes as much memory as there are different buckets in use.
 */
export class Histogram {
  readonly #buckets = new Map<number, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Counts a value; a fraction is rounded down, and what is below 0 counts as 0. */
  record(value: number): void {
    const bucket = bucketOf(value);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count++;
  }

  /** Adds everything that another one has counted. */
  merge(other: Histogram): void {
    for (const [bucket, count] of other.#buckets) this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count);
    this.#count += other.#count;
  }

  /** The values that these shares (0 to 1, ascending) of all are at most; undefined for each while nothing is counted. */
  percentiles(shares: readonly number[]): (number | undefined)[] {
    if (this.#count === 0) return shares.map(() => undefined);
    const sorted = [...this.#buckets].toSorted(([a], [b]) => a - b);
    let at = 0;
    let seen = 0;
    return shares.map((share) => {
      const wanted = Math.max(1, Math.ceil(share * this.#count));
      while (at < sorted.length - 1 && seen + (sorted[at]?.[1] ?? 0) < wanted) seen += sorted[at++]?.[1] ?? 0;
      return middleOf(sorted[at]?.[0] ?? 0);
    });
  }
}

function bucketOf(value: number): number {
  const whole = Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(value)));
  if (whole < 2 * steps) return whole;
  const octave = Math.floor(Math.log2(whole));
  const width = 2 ** (octave - 7);
  return steps * (octave - 7) + Math.floor(whole / width);
}

/** The number in the middle of a bucket. */
function middleOf(bucket: number): number {
  if (bucket < 2 * steps) return bucket;
  const above = Math.floor(bucket / steps) - 1;
  const width = 2 ** above;
  return (bucket - steps * above) * width + Math.floor(width / 2);
}
