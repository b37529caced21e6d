import type { EventRecord, RolloutEvent } from '../../model/index.ts';
import { isOfRelease, phraseOf, titleOf } from './phrases.ts';

/** One line of a rollout's progress: a thing that steps act on. */
export type Row = {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
  readonly state: 'working' | 'waiting' | 'done' | 'failed';
  readonly sinceMs: number;
  readonly endedAtMs: number;
  /** Planned steps that have not ended yet. */
  readonly left: number;
};

/** What a renderer needs to know of a rollout so far. */
export type Progress = {
  readonly app: string;
  /** `rolling out release 3`; empty before the start. */
  readonly title: string;
  /** Whether the title still waits for the number of the release that the plan gives it. */
  readonly numberless: boolean;
  readonly reverting: boolean;
  readonly steps: { readonly done: number; readonly planned: number };
  /** By kind and name, in the order in which they began. */
  readonly rows: ReadonlyMap<string, Row>;
  /** Which row a step belongs to, for steps that run. */
  readonly running: ReadonlyMap<string, string>;
  /** Steps of the plan by row, for rows that have not begun. */
  readonly planned: ReadonlyMap<string, number>;
};

/** A rollout of which nothing is known yet. */
export const noProgress: Progress = {
  app: '',
  title: '',
  numberless: false,
  reverting: false,
  steps: { done: 0, planned: 0 },
  rows: new Map(),
  running: new Map(),
  planned: new Map(),
};

/** The progress after one more event. */
export function advance(progress: Progress, { event, atMs, app }: EventRecord): Progress {
  switch (event.type) {
    case 'rollout.started':
      return { ...progress, app, title: titleOf(event), numberless: isOfRelease(event.kind) && event.toRelease === undefined };
    case 'plan.ready':
      return planned(progress, event);
    case 'step.started':
      return started(progress, event, atMs);
    case 'step.progress':
      return progressed(progress, event);
    case 'step.done':
      return ended(progress, event, atMs);
    case 'step.failed':
      return failed(progress, event, atMs);
    case 'revert.started':
      return { ...progress, app, title: titleOf(event), reverting: true };
    case 'rollout.resumed':
      return { ...progress, rows: onlyOver(progress.rows), running: new Map(), reverting: event.how === 'revert' };
    case 'rollout.ended':
      return { ...progress, rows: settled(progress.rows), running: new Map() };
    case 'notice':
      return progress;
  }
}

type Of<T extends RolloutEvent['type']> = Extract<RolloutEvent, { type: T }>;

function planned(progress: Progress, { plan }: Of<'plan.ready'>): Progress {
  const counts = new Map<string, number>();
  for (const step of plan.steps) {
    const key = keyOf(phraseOf(step.action));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const title = progress.numberless && plan.steps.length > 0 ? `${progress.title} release ${plan.release}` : progress.title;
  return {
    ...progress,
    title,
    numberless: false,
    planned: counts,
    steps: { ...progress.steps, planned: progress.steps.done + plan.steps.length },
  };
}

function keyOf(phrase: { kind: string; name: string }): string {
  return `${phrase.kind} ${phrase.name}`;
}

function started(progress: Progress, event: Of<'step.started'>, atMs: number): Progress {
  const phrase = phraseOf(event.action);
  const key = keyOf(phrase);
  const row: Row = progress.rows.get(key) ?? {
    ...phrase,
    text: '',
    state: 'working',
    sinceMs: atMs,
    endedAtMs: atMs,
    left: progress.planned.get(key) ?? 1,
  };
  const rows = new Map(progress.rows).set(key, { ...row, text: phrase.doing, state: 'working' });
  return { ...progress, rows, running: new Map(progress.running).set(event.step, key) };
}

function progressed(progress: Progress, event: Of<'step.progress'>): Progress {
  const key = progress.running.get(event.step) ?? '';
  const row = progress.rows.get(key);
  if (row === undefined) return progress;
  const share =
    event.current === undefined || event.total === undefined || event.total === 0
      ? ''
      : ` ${Math.floor((100 * event.current) / event.total)} %`;
  const verb = row.text.split(' ')[0] ?? '';
  return { ...progress, rows: new Map(progress.rows).set(key, { ...row, text: `${verb}${share} ${event.message}`.trimEnd() }) };
}

function ended(progress: Progress, event: Of<'step.done'>, atMs: number): Progress {
  const phrase = phraseOf(event.action);
  const key = keyOf(phrase);
  const row = progress.rows.get(key);
  if (row === undefined) return progress;
  const left = Math.max(0, row.left - 1);
  const text = event.note === undefined ? phrase.done : `${phrase.done} (${event.note})`;
  const rows = new Map(progress.rows).set(key, { ...row, text, left, state: left === 0 ? 'done' : 'waiting', endedAtMs: atMs });
  return { ...progress, rows, running: without(progress.running, event.step), steps: { ...progress.steps, done: progress.steps.done + 1 } };
}

function failed(progress: Progress, event: Of<'step.failed'>, atMs: number): Progress {
  const key = keyOf(phraseOf(event.action));
  const row = progress.rows.get(key);
  if (row === undefined) return progress;
  const rows = new Map(progress.rows).set(key, { ...row, text: event.error.message, state: 'failed', endedAtMs: atMs });
  return { ...progress, rows, running: without(progress.running, event.step) };
}

/** What the server was at when it died begins again, or is undone: both tell their own steps. */
function onlyOver(rows: Progress['rows']): Progress['rows'] {
  return new Map([...rows].filter(([, row]) => row.state === 'done' || row.state === 'failed'));
}

/** Rows that wait for a step that never came: going back, or a cancel, came first. */
function settled(rows: Progress['rows']): Progress['rows'] {
  return new Map([...rows].map(([key, row]) => [key, row.state === 'waiting' ? { ...row, state: 'done' } : row]));
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
