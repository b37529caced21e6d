/**
 * Image registries: the credentials that `docker login` keeps. Must never pull
 * (the engine does) and never keep or print a secret. Start reading at `load-auths.ts`.
 */
export { loadAuths } from './load-auths.ts';
