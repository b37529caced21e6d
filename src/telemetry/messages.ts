import type { LogSource, TrafficCounts, TrafficQuery } from '../ports/index.ts';

/** What the server tells the process that counts. */
export type ToChild =
  | { readonly kind: 'follow'; readonly source: LogSource }
  | { readonly kind: 'attend'; readonly socket: string }
  | { readonly kind: 'learn'; readonly app: string; readonly name: string; readonly release: number }
  | { readonly kind: 'read'; readonly id: number; readonly query: TrafficQuery };

/** What it answers. */
export type FromChild =
  | { readonly kind: 'counts'; readonly id: number; readonly counts: TrafficCounts }
  | { readonly kind: 'trouble'; readonly message: string };
