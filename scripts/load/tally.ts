import type { StreamReport } from './plan.ts';

/** How one request went; `reason` is there when it was lost. */
export type Outcome = {
  readonly tookMs: number;
  readonly version?: string | undefined;
  readonly reason?: string;
  readonly id?: string | undefined;
};

/** Counts the outcomes of one stream. */
export class Tally {
  private readonly tookMs: number[] = [];
  private readonly why = new Map<string, number>();
  private readonly versions = new Map<string, number>();
  private readonly acknowledged: string[] = [];
  private readonly unanswered: string[] = [];
  private lost = 0;
  private longestGapMs = 0;
  private lastSuccessMs: number;

  constructor(nowMs: number) {
    this.lastSuccessMs = nowMs;
  }

  get count(): number {
    return this.tookMs.length + this.lost;
  }

  add(outcome: Outcome, nowMs: number): void {
    if (outcome.reason !== undefined) {
      this.lost += 1;
      this.why.set(outcome.reason, (this.why.get(outcome.reason) ?? 0) + 1);
      if (outcome.id !== undefined) this.unanswered.push(outcome.id);
      return;
    }
    this.tookMs.push(outcome.tookMs);
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.lastSuccessMs);
    this.lastSuccessMs = nowMs;
    if (outcome.version !== undefined) this.versions.set(outcome.version, (this.versions.get(outcome.version) ?? 0) + 1);
    if (outcome.id !== undefined) this.acknowledged.push(outcome.id);
  }

  report(nowMs: number): StreamReport {
    const sorted = Float64Array.from(this.tookMs).toSorted();
    const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
    return {
      requests: this.count,
      lost: this.lost,
      why: Object.fromEntries(this.why),
      versions: Object.fromEntries(this.versions),
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
      longestGapMs: round(Math.max(this.longestGapMs, nowMs - this.lastSuccessMs)),
      acknowledged: this.acknowledged,
      unanswered: this.unanswered,
    };
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
