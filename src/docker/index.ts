/**
 * The container engine over its Unix socket: Docker's Engine API 1.41 and later, or Podman's compatible service.
 * Must never judge an error by its text, and never know what a container is for. Start reading at `connect.ts`;
 * `http.ts` carries every call.
 */
export { connectEngine } from './connect.ts';
export type { ConnectedEngine } from './connect.ts';
export { findEngine } from './find.ts';
