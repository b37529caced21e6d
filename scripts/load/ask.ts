import type { Outcome } from './tally.ts';

/** Asks once on one of a stream's connections, with the id of a POST. */
export type Ask = (connection: number, id: string | undefined) => Promise<Outcome>;

/** The connections of one stream. */
export type Client = { readonly ask: Ask; close(): void };

/** Why an answer that is no 2xx counts as lost: its status, and what an application says of it. Pages say no more than the status. */
export function reasonOf(status: number, text: string): string {
  return text.startsWith('{') ? `${status} ${text.replaceAll(/\s+/g, ' ').slice(0, 80)}` : String(status);
}
