import type { Outcome } from './tally.ts';

/** Asks once on one of a stream's connections, with the id of a POST. */
export type Ask = (connection: number, id: string | undefined) => Promise<Outcome>;

/** The connections of one stream. */
export type Client = { readonly ask: Ask; close(): void };
