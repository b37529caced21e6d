import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { reasonOf, type Ask, type Client } from './ask.ts';
import type { Stream } from './plan.ts';
import type { Outcome } from './tally.ts';

/** How many of a stream's connections share one of HTTP/2's. */
const together = 4;

/** A client that speaks HTTP/2, with several requests at a time on a connection. */
export function openHttp2(stream: Stream, timeoutMs: number): Client {
  const sessions = new Map<number, ClientHttp2Session>();
  const sessionOf = (index: number): ClientHttp2Session => {
    const known = sessions.get(index);
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    const session = connect(stream.url, stream.tls ?? {});
    sessions.set(index, session);
    // What it was asked on it is told by its requests.
    session.on('error', () => sessions.delete(index));
    session.on('goaway', () => sessions.delete(index));
    return session;
  };
  const ask: Ask = async (connection) => {
    const startedMs = performance.now();
    for (;;) {
      const reason = await once(sessionOf(Math.floor(connection / together)), stream.url, timeoutMs);
      // Such a request was not seen by anybody, and every client sends it again (RFC 9113, 8.7).
      if (reason !== 'refused') return toOutcome(reason, startedMs);
    }
  };
  return { ask, close: () => sessions.forEach((session) => session.close()) };
}

function toOutcome(reason: string | undefined, startedMs: number): Outcome {
  return { tookMs: performance.now() - startedMs, ...(reason === undefined ? {} : { reason }) };
}

/** Why one request was lost; undefined: it was not. */
function once(session: ClientHttp2Session, url: string, timeoutMs: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const asked = session.request({ ':path': new URL(url).pathname });
  let status = 0;
  let text = '';
  let over = false;
  let last = Infinity;
  const onGoaway = (_code: number, lastStreamId: number): void => void (last = lastStreamId);
  session.on('goaway', onGoaway);
  asked.setTimeout(timeoutMs, () => asked.close(constants.NGHTTP2_CANCEL));
  asked.on('response', (headers) => (status = Number(headers[':status'])));
  asked.setEncoding('utf8').on('data', (part: string) => (text += part));
  asked.on('end', () => (over = true));
  let failed: string | undefined;
  asked.on('error', (error: NodeJS.ErrnoException) => (failed = error.code ?? error.message));
  asked.on('close', () => {
    session.off('goaway', onGoaway);
    const refused = asked.rstCode === constants.NGHTTP2_REFUSED_STREAM || (asked.id ?? 0) > last;
    if (status === 0 && refused) resolve('refused');
    else if (failed !== undefined || !over) resolve(failed ?? 'cut off');
    else resolve(status >= 200 && status < 300 ? undefined : reasonOf(status, text));
  });
  return promise;
}
