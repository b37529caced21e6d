/**
 * From a service to the container that the engine is asked for: every key of the file that the engine acts on, in one
 * place. Must never ask an engine. Start reading at `to-container.ts`.
 */
export { configHash } from './config-hash.ts';
export type { ContainerInput, JoinedNetwork } from './input.ts';
export { toContainer, toEndpoints, type ContainerRequest } from './to-container.ts';
