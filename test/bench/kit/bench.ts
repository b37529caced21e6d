/** One number that was measured, beside the same number of a peer in the same run where there is one. */
export type Measurement = {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: string;
  readonly peerValue?: number;
  /** `value` over `peerValue`; by turns, the median of the rounds' ratios. */
  readonly ratio?: number;
  /** What was promised, in words: `≤ 0.5 ×`. Absent for a number that is only told. */
  readonly budget?: string;
  readonly ok: boolean;
};

/** Something that can be measured. `how` is what `--help` says of it. */
export type Bench = {
  readonly name: string;
  readonly what: string;
  readonly how: string;
  run(say: (progress: string) => void): Promise<readonly Measurement[]>;
};

/** A number that must stay at or below a limit. */
export function atMost(metric: string, value: number, unit: string, limit: number): Measurement {
  return { metric, value: round(value), unit, budget: `≤ ${limit} ${unit}`.trim(), ok: value <= limit };
}

/** A number that must reach a limit. */
export function atLeast(metric: string, value: number, unit: string, limit: number): Measurement {
  return { metric, value: round(value), unit, budget: `≥ ${limit} ${unit}`.trim(), ok: value >= limit };
}

/** A number that is told without a promise. */
export function told(metric: string, value: number, unit: string): Measurement {
  return { metric, value: round(value), unit, ok: true };
}

type Compared = {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  readonly peerValue: number;
};

type Limit = { readonly atMost: number } | { readonly atLeast: number };

type ByTurns = Omit<Compared, 'value' | 'peerValue'> & { readonly values: readonly number[]; readonly peerValues: readonly number[] };

/**
 * Numbers of rounds against a peer's in the same rounds. A machine that is at times three times as slow moves both medians,
 * and hardly what they are to each other within one round.
 */
export function againstByTurns({ values, peerValues, ...rest }: ByTurns, limit?: Limit): Measurement {
  const ratios = values.map((value, round) => value / (peerValues[round] ?? Number.NaN));
  return compare({ ...rest, value: median(values), peerValue: median(peerValues) }, median(ratios), limit);
}

/** A number against a peer's, in the same run. */
export function against(compared: Compared, limit?: Limit): Measurement {
  return compare(compared, compared.value / compared.peerValue, limit);
}

function compare(compared: Compared, ratio: number, limit: Limit | undefined): Measurement {
  const base = { ...compared, value: round(compared.value), peerValue: round(compared.peerValue), ratio: round(ratio) };
  if (limit === undefined) return { ...base, ok: true };
  return 'atMost' in limit
    ? { ...base, budget: `≤ ${limit.atMost} ×`, ok: ratio <= limit.atMost }
    : { ...base, budget: `≥ ${limit.atLeast} ×`, ok: ratio >= limit.atLeast };
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
