/**
 * berth's API over HTTP on a Unix socket: checks requests against the contract, asks the domain, streams events and
 * sessions. Must never decide anything about an app, nor build an adapter. Start reading at `serve.ts`.
 */
export type { Log, ServerDeps } from './deps.ts';
export { serve } from './serve.ts';
export type { RunningServer } from './serve.ts';
