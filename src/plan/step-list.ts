import type { Action, Step } from '../model/index.ts';

/** Collects the steps of a plan and hands out their ids. */
export class StepList {
  readonly steps: Step[] = [];

  /** Adds a step that runs after `needs`; answers its id. */
  add(action: Action, reason: string, needs: readonly string[]): string {
    const id = `${this.steps.length + 1}`;
    this.steps.push({ id, action, reason, needs: [...new Set(needs)] });
    return id;
  }
}
