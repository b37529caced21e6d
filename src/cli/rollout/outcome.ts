import { BerthError, type BerthErrorData } from '../../errors/index.ts';
import type { EventRecord, Evidence, RolloutEvent, RolloutKind } from '../../model/index.ts';

type Ended = Extract<RolloutEvent, { type: 'rollout.ended' }>;

/** A step that failed, as its event told it. */
export type Failure = { readonly error: BerthErrorData; readonly evidence?: Evidence | undefined };

/** What a rollout came to: its start, its failures and its end, out of the events. */
export type Outcome = {
  readonly app: string;
  readonly rollout: string;
  readonly kind: RolloutKind;
  readonly fromRelease: number | undefined;
  readonly failures: readonly Failure[];
  readonly ended: Ended;
};

/** Collects the outcome while the events pass by. */
export class OutcomeCollector {
  readonly #failures: Failure[] = [];
  #kind: RolloutKind = 'up';
  #from: number | undefined;
  #last: { record: EventRecord; ended: Ended } | undefined;

  take(record: EventRecord): void {
    const { event } = record;
    if (event.type === 'rollout.started') {
      this.#kind = event.kind;
      this.#from = event.fromRelease;
    }
    if (event.type === 'step.failed') this.#failures.push({ error: event.error, evidence: event.evidence });
    if (event.type === 'rollout.ended') this.#last = { record, ended: event };
  }

  /** The outcome, once the stream has ended. */
  need(): Outcome {
    if (this.#last === undefined) throw new BerthError('INTERNAL', 'The events of the rollout ended before the rollout did.');
    const { record, ended } = this.#last;
    return { app: record.app, rollout: record.rollout, kind: this.#kind, fromRelease: this.#from, failures: this.#failures, ended };
  }
}

/** The release that `berth rollback` would go back to, when this outcome changed what serves. */
export function undoOf({ kind, fromRelease, ended }: Outcome): number | undefined {
  const changed = (kind === 'up' || kind === 'rollback') && ended.exitCode === 0 && !ended.unchanged;
  return changed && fromRelease !== ended.release ? fromRelease : undefined;
}

/** The outcome as one JSON object. */
export function outcomeJson(outcome: Outcome): unknown {
  const { ended, failures } = outcome;
  const { type: _type, ...end } = ended;
  return {
    app: outcome.app,
    rollout: outcome.rollout,
    kind: outcome.kind,
    ...end,
    undo: undoOf(outcome),
    ...(ended.exitCode === 0 ? {} : { failures }),
  };
}
