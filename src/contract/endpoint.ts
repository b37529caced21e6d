import type * as z from 'zod';

/** One endpoint of berth's own API as data; server, client and docs are made from it. */
export type Endpoint<P extends z.ZodType, B extends z.ZodType, R extends z.ZodType, M extends Mode = Mode> = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `:name` segments are filled from `params`; what is left of `params` goes to the query of a GET or DELETE. */
  readonly path: string;
  readonly summary: string;
  readonly params: P;
  readonly body: B;
  readonly reply: R;
  /** `json`: one reply. `events`: Server-Sent Events, one `reply` each, with `id` where the reply has a `seq`. */
  readonly mode: M;
};

/** How an endpoint replies. */
export type Mode = 'json' | 'events';

/** Keeps the types of a definition. */
export function endpoint<P extends z.ZodType, B extends z.ZodType, R extends z.ZodType, M extends Mode>(
  e: Endpoint<P, B, R, M>,
): Endpoint<P, B, R, M> {
  return e;
}

/** Any endpoint. */
export type AnyEndpoint = Endpoint<z.ZodType, z.ZodType, z.ZodType>;
