/**
 * What can go wrong, once: the catalogue of codes and the one error class.
 * Must never know anything else of berth. Start reading at `catalogue.ts`.
 */
export { BerthError, toBerthError } from './berth-error.ts';
export type { BerthErrorData } from './berth-error.ts';
export { catalogue } from './catalogue.ts';
export type { ErrorCode } from './catalogue.ts';
