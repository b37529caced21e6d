import { BerthError, toBerthError } from '../../errors/index.ts';
import type { Evidence, Step } from '../../model/index.ts';
import type { Clock, Store } from '../../ports/index.ts';
import { whileEngineAway } from '../target/engine-away.ts';
import type { EventLog } from '../event-log.ts';

/** What running the steps of a plan needs. */
export type ExecutorDeps = {
  readonly store: Pick<Store, 'journalStart' | 'journalEnd'>;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly rolloutId: string;
  readonly app: string;
  /** Does one step, and answers what the journal should keep of it. Must look before it does. */
  readonly perform: (step: Step, signal: AbortSignal) => Promise<unknown>;
};

/** A step that failed, with the error that says why. */
export class StepFailure extends Error {
  readonly step: Step;
  readonly error: BerthError;

  constructor(step: Step, error: BerthError) {
    super(error.message, { cause: error });
    this.name = 'StepFailure';
    this.step = step;
    this.error = error;
  }
}

/** A step waits this long for an engine that is away. */
const engineAwayMs = 90_000;

/**
 * Runs steps as soon as what they need is done, side by side where they do not need each other. The first failure
 * stops new steps, lets running ones end, and is thrown as a {@link StepFailure}. When `halt` aborts, nothing new
 * starts and running waits end early; then its reason is thrown.
 */
export async function executePlan(deps: ExecutorDeps, steps: readonly Step[], halt: AbortSignal): Promise<void> {
  const done = new Set<string>();
  const pending = new Map(steps.map((s) => [s.id, s]));
  const running = new Map<string, Promise<void>>();
  const failures: StepFailure[] = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([halt, stop.signal]);
  while (true) {
    if (failures.length === 0 && !halt.aborted) {
      for (const step of pending.values()) {
        if (!step.needs.every((n) => done.has(n))) continue;
        pending.delete(step.id);
        const run = runStep(deps, step, signal)
          .then(
            () => void done.add(step.id),
            (thrown: unknown) => {
              failures.push(thrown instanceof StepFailure ? thrown : new StepFailure(step, toBerthError(thrown)));
              stop.abort(new BerthError('CANCELLED', 'Another step failed.'));
            },
          )
          .finally(() => running.delete(step.id));
        running.set(step.id, run);
      }
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  const first = failures.find((f) => f.error.code !== 'CANCELLED') ?? failures[0];
  if (halt.aborted) throw halt.reason;
  if (first !== undefined) throw first;
}

async function runStep(deps: ExecutorDeps, step: Step, signal: AbortSignal): Promise<void> {
  const { store, clock, events, rolloutId, app } = deps;
  const began = clock.monotonic();
  const seq = store.journalStart(rolloutId, step, clock.now());
  events.emit(rolloutId, app, { type: 'step.started', step: step.id, action: step.action, reason: step.reason });
  try {
    const onFirst = (): void =>
      events.emit(rolloutId, app, { type: 'step.progress', step: step.id, message: 'the engine does not answer; trying again' });
    const result = await whileEngineAway(clock, () => deps.perform(step, signal), { mostMs: engineAwayMs, signal, onFirst });
    store.journalEnd(rolloutId, seq, 'done', clock.now(), result);
    events.emit(rolloutId, app, {
      type: 'step.done',
      step: step.id,
      action: step.action,
      tookMs: clock.monotonic() - began,
      ...noteOf(result),
    });
  } catch (thrown) {
    const error = toBerthError(thrown);
    if (signal.aborted) {
      store.journalEnd(rolloutId, seq, 'interrupted', clock.now());
      throw new StepFailure(step, error);
    }
    store.journalEnd(rolloutId, seq, 'failed', clock.now(), error.toJSON());
    const { evidence, ...details } = error.details;
    const data = { ...error.toJSON(), details };
    events.emit(rolloutId, app, {
      type: 'step.failed',
      step: step.id,
      action: step.action,
      error: data,
      ...(isEvidence(evidence) ? { evidence } : {}),
    });
    throw new StepFailure(step, error);
  }
}

function noteOf(result: unknown): { note?: string } {
  if (typeof result === 'object' && result !== null && 'note' in result && typeof result.note === 'string') return { note: result.note };
  return {};
}

/** Evidence is made in one place (`evidence.ts`) and only carried here. */
function isEvidence(value: unknown): value is Evidence {
  return typeof value === 'object' && value !== null && 'probes' in value && 'listening' in value;
}
