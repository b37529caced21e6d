/**
 * berth's own HTTP API as data: endpoints, schemas, event types. Must never hold behaviour.
 * Start reading at `api.ts`.
 */
export * from './api.ts';
export * from './endpoint.ts';
export * from './schemas.ts';
export * from './secrets.ts';
