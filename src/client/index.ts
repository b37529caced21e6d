/**
 * The way from a program to the berth server: finds the home, starts or replaces the server, calls its API. Must never
 * decide what a deploy is, print, or load the contract's schemas at run time (the CLI's start is counted in ms).
 * Start reading at `server-link.ts`.
 */
export { connect } from './client.ts';
export type { Client } from './client.ts';
export { ensurePrivateDirectory, locateHome, removeHome } from './home.ts';
export type { Home } from './home.ts';
export { ServerLink } from './server-link.ts';
export type { ServerLinkInput } from './server-link.ts';
export type { SessionOutput } from './session.ts';
