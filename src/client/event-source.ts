import type { IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import { BerthError } from '../errors/index.ts';
import { isErrorData, unreachable, type Link } from './transport.ts';

/** The server sends a comment every 15 s; a stream that is silent for longer has no server behind it any more. */
const silenceMs = 60_000;

/**
 * The records of a stream until the server says `end`. What the server says with `error` is thrown; a stream that just
 * stops throws SERVER_UNREACHABLE.
 */
export async function* readEvents(link: Link, response: IncomingMessage, signal?: AbortSignal): AsyncGenerator<unknown, void> {
  const waiting: { event: string | undefined; data: string }[] = [];
  const parser = createParser({ onEvent: (message) => waiting.push({ event: message.event, data: message.data }) });
  response.setEncoding('utf8');
  response.setTimeout(silenceMs, () => response.destroy(new Error('the stream fell silent')));
  try {
    for await (const chunk of response) {
      parser.feed(String(chunk));
      for (const message of waiting.splice(0)) {
        if (message.event === 'end') return;
        const data: unknown = JSON.parse(message.data);
        if (message.event !== 'error') yield data;
        else throw isErrorData(data) ? BerthError.from(data) : unreachable(link.socket, message.data);
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof BerthError ? error : unreachable(link.socket, error);
  } finally {
    response.destroy();
  }
  throw unreachable(link.socket, 'the stream was cut');
}
