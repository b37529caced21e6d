import { Agent } from 'node:http';
import type * as z from 'zod';
import type { Api } from '../contract/index.ts';
import { readEvents } from './event-source.ts';
import { routes, target } from './routes.ts';
import { openSession, type Session, type SessionInput } from './session.ts';
import { readText, send, type Link } from './transport.ts';

/** What one half of a call adds to its input: nothing when it is empty. */
type Part<T> = T extends undefined | Record<string, never> ? unknown : T;
/** What a call takes: the endpoint's parameters and body in one object. */
export type Input<K extends keyof Api> = Part<z.output<Api[K]['params']>> & Part<z.input<Api[K]['body']>>;
export type Reply<K extends keyof Api> = z.output<Api[K]['reply']>;

type Method<K extends keyof Api> = Api[K]['mode'] extends 'events'
  ? (input: Input<K>, signal?: AbortSignal) => AsyncIterable<Reply<K>>
  : (input: Input<K>, signal?: AbortSignal) => Promise<Reply<K>>;

/** One method for each endpoint, and sessions. Failures are BerthError; SERVER_UNREACHABLE when there is no server (any more). */
export type Client = { readonly [K in keyof Api]: Method<K> } & {
  readonly socket: string;
  /** `exec` in an instance, or `run` a one-off container. */
  openSession(input: SessionInput, signal?: AbortSignal): Promise<Session>;
  close(): void;
};

/** A client of the server behind a Unix socket. Connects with the first call. */
export function connect({ socket }: { readonly socket: string }): Client {
  const agent = new Agent({ keepAlive: true });
  const link: Link = { socket, agent };
  const methods = Object.entries(routes).map(([name, route]) => {
    const call = (input: Readonly<Record<string, unknown>>) => ({
      ...target(route, input),
      method: route.method,
      deadlineMs: route.deadlineMs,
    });
    const json = async (input: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<unknown> =>
      JSON.parse(await readText(link, await send(link, call(input), signal)));
    const events = async function* (input: Readonly<Record<string, unknown>>, signal?: AbortSignal): AsyncGenerator<unknown, void> {
      yield* readEvents(link, await send(link, call(input), signal), signal);
    };
    return [name, route.mode === 'events' ? events : json];
  });
  return {
    // The server that answers has checked its replies' types at compile time, and the handshake its version.
    ...(Object.fromEntries(methods) as { readonly [K in keyof Api]: Method<K> }),
    socket,
    openSession: (input, signal) => openSession(link, input, signal),
    close: () => agent.destroy(),
  };
}
