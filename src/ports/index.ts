/**
 * What berth needs from outside, as interfaces. An adapter implements one of them, a fake passes the same contract
 * tests. Must never hold code. Start reading at `engine.ts`.
 */
export type * from './builder.ts';
export type * from './certificates.ts';
export type * from './data-plane.ts';
export type * from './engine.ts';
export type * from './secrets.ts';
export type * from './store.ts';
export type * from './telemetry.ts';
export type * from './world.ts';
