/**
 * Executes plans through ports: journal, lease, resume, gates, watch, going back. Must never know an adapter, a colour
 * or the command line. Start reading at `create-runner.ts`, then `session.ts` (one rollout) and `executor.ts` (its steps).
 */
export { createRunner, socketSetting } from './create-runner.ts';
export type { Target } from './deps.ts';
export type { Runner } from './runner.ts';
