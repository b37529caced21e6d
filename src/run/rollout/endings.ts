import type { PlanOptions } from '../../plan/index.ts';
import type { Ending } from './rollout-record.ts';

export const done: Ending = { state: 'done', exitCode: 0, unchanged: false };
export const unchanged: Ending = { state: 'done', exitCode: 0, unchanged: true };

/** How a plan goes forward: with watch and promotion, unless `rest` says otherwise. */
export const forward = (only: readonly string[], rest: Partial<PlanOptions> = {}): PlanOptions => ({
  direction: 'forward',
  only,
  keep: [],
  watch: true,
  promote: true,
  ...rest,
});
