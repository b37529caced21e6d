import type { EventRecord } from '../../model/index.ts';

/** Shows a rollout while it runs. */
export interface Renderer {
  show(record: EventRecord): void;
  /** A line of our own among the progress. */
  note(text: string): void;
  /** Leaves the terminal as it should stay. Nothing is shown afterwards. */
  end(): void;
}

/** Shows nothing (`-q`). */
export const silentRenderer: Renderer = { show: () => undefined, note: () => undefined, end: () => undefined };
