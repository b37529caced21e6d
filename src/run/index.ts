/**
 * Executes plans through ports: journal, lease, resume, gates, watch, going back. Must never know an adapter, a colour
 * or the command line. Start reading at `create-runner.ts`; `rollout/session.ts` is one rollout from request to
 * end, `actions/` does its steps, `target/` looks at the engine and decides what a release wants there.
 */
export { socketSetting } from './contexts.ts';
export { createRunner } from './create-runner.ts';
export type { Target } from './deps.ts';
export { createRedactor } from './redacting-store.ts';
export type { Runner } from './runner.ts';
