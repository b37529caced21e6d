/**
 * Image registries as the user knows them: references, and the credentials that `docker login` keeps. Must never pull
 * (the engine does) and never keep or print a secret. Start reading at `load-auths.ts`.
 */
export { loadAuths } from './load-auths.ts';
export type { AuthInput } from './load-auths.ts';
export { parseReference } from './reference.ts';
export type { Reference } from './reference.ts';
