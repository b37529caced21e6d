import { Hono, type Context } from 'hono';
import * as z from 'zod';
import { api, type AnyEndpoint } from '../contract/index.ts';
import { BerthError, type BerthErrorData } from '../errors/index.ts';
import type { ServerDeps } from './deps.ts';
import { toEventStream } from './event-stream.ts';
import type { Handlers } from './handlers.ts';

export type HttpAppInput = Pick<ServerDeps, 'clock' | 'ids' | 'log' | 'identity' | 'redactor'> & {
  readonly handlers: Handlers;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
};

type AnyHandler = (input: { params: unknown; body: unknown }, signal: AbortSignal) => Promise<unknown> | AsyncIterable<unknown>;

/** The contract as an HTTP application: checks what comes in, calls the handler, writes what it answers. */
export function createHttpApp(input: HttpAppInput): Hono {
  const app = new Hono();
  const describe = (error: unknown) => describeError(error, input);
  for (const [name, endpoint] of Object.entries<AnyEndpoint>(api)) {
    // The contract's own types tie each handler to its endpoint; here they are all one.
    const handler = input.handlers[name as keyof Handlers] as AnyHandler;
    app.on(endpoint.method, endpoint.path, async (c) => {
      const checked = { params: check(endpoint.params, paramsOf(c, endpoint)), body: check(endpoint.body, await bodyOf(c, endpoint)) };
      if (endpoint.mode === 'json') {
        return c.json(await handler(checked, AbortSignal.any([c.req.raw.signal, input.stopping])));
      }
      const abort = withStop(c.req.raw.signal, input.stopping);
      const records = handler(checked, abort.signal) as AsyncIterable<unknown>;
      const body = toEventStream({ records, clock: input.clock, abort, describe });
      return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
    });
  }
  app.notFound((c) => c.json(new BerthError('INVALID_REQUEST', `There is no ${c.req.method} ${c.req.path} here.`), 404));
  app.onError((error) => {
    const status = error instanceof BerthError ? error.status : 500;
    return new Response(JSON.stringify(describe(error)), { status, headers: { 'content-type': 'application/json' } });
  });
  return app;
}

type Describing = Pick<HttpAppInput, 'ids' | 'log' | 'identity' | 'redactor'>;

/** What a client is told: a BerthError as it is; a bug with an id that finds it in the log. Never a secret. */
export function describeError(error: unknown, deps: Describing): BerthErrorData {
  return deps.redactor.data(error instanceof BerthError && error.code !== 'INTERNAL' ? error.toJSON() : describeBug(error, deps));
}

function describeBug(error: unknown, { ids, log, identity }: Describing): BerthErrorData {
  const id = ids.next();
  log.error({ id, err: error }, 'a request failed by a bug');
  const message = error instanceof Error ? error.message : String(error);
  return new BerthError('INTERNAL', `berth has a bug (${id}): ${message}`, {
    hint: `Its trace is in ${identity.log}.`,
    details: { id },
  }).toJSON();
}

function paramsOf(c: Context, endpoint: AnyEndpoint): unknown {
  return endpoint.method === 'POST' ? c.req.param() : { ...c.req.query(), ...c.req.param() };
}

async function bodyOf(c: Context, endpoint: AnyEndpoint): Promise<unknown> {
  if (endpoint.method !== 'POST') return undefined;
  try {
    return await c.req.json();
  } catch (error) {
    throw new BerthError('INVALID_REQUEST', 'The body of the request is not JSON.', { cause: error });
  }
}

function check(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BerthError('INVALID_REQUEST', `The request does not fit its schema: ${z.prettifyError(result.error)}`, {
    hint: 'Use a berth of the same version as the server (`berth version`, `berth server status`).',
  });
}

/** Aborts with the request or with the server, whichever ends first; to be aborted at the end, so that nothing stays tied to the server's signal. */
function withStop(request: AbortSignal, stopping: AbortSignal): AbortController {
  const abort = new AbortController();
  for (const signal of [request, stopping]) {
    if (signal.aborted) abort.abort(signal.reason);
    else signal.addEventListener('abort', () => abort.abort(signal.reason), { once: true, signal: abort.signal });
  }
  return abort;
}
