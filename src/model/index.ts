/**
 * The nouns of berth as types, and pure functions on them. Must never do I/O or know an adapter.
 * Start reading at `project.ts` (what the user wrote, resolved) and `rollout.ts` (what is done about it).
 */
export * from './certificate.ts';
export * from './container-settings.ts';
export * from './exit.ts';
export * from './instance.ts';
export * from './labels.ts';
export * from './project.ts';
export * from './proxy.ts';
export * from './release.ts';
export * from './rollout.ts';
export * from './route.ts';
export * from './secret.ts';
