/**
 * Executes plans through ports: journal, lease, resume, gates, watch. Must never know an adapter or print.
 * Start reading at `runner.ts`, what the server asks of it.
 */
export type { Runner, RunnerInput } from './runner.ts';
