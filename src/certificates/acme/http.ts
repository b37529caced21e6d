import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { BerthError } from '../../errors/index.ts';

/** An answer of an ACME server. */
export type Answer = { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: string };

export type Asking = {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly body?: string;
  readonly accept?: string;
  /** Authorities (PEM) of the server's own certificate, where the machine does not know it. */
  readonly ca?: string | undefined;
};

const answerMs = 30_000;
const mostBytes = 1_000_000;

/** Asks once. Throws CERTIFICATE_FAILED when no answer comes; an answer that says no is an answer. */
export async function ask(asking: Asking, signal: AbortSignal): Promise<Answer> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  try {
    return await send(asking, limited);
  } catch (error) {
    signal.throwIfAborted();
    throw new BerthError(
      'CERTIFICATE_FAILED',
      `The ACME server at ${new URL(asking.url).host} could not be asked: ${reasonOf(error, limited)}.`,
      {
        hint: 'Look at the address of `acme.directory`, and at `directoryCa` where the server has a certificate of an authority of your own.',
        cause: error,
      },
    );
  }
}

function send({ method, url, body, accept, ca }: Asking, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = {
    'user-agent': 'berth',
    ...(accept === undefined ? {} : { accept }),
    ...(body === undefined ? {} : { 'content-type': 'application/jose+json', 'content-length': Buffer.byteLength(body) }),
  };
  const options = { method, headers, signal, agent: false as const };
  const onAnswer = (answer: IncomingMessage): void => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostBytes) answer.destroy(new Error('its answer is too long'));
    });
    answer.on('error', reject);
    answer.on('end', () =>
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString('utf8') }),
    );
  };
  const asked = url.startsWith('https:')
    ? tlsRequest(url, { ...options, ...(ca === undefined ? {} : { ca }) }, onAnswer)
    : plainRequest(url, options, onAnswer);
  asked.on('error', reject);
  asked.end(body);
  return promise;
}

function reasonOf(error: unknown, limited: AbortSignal): string {
  if (limited.aborted) return `no answer within ${answerMs / 1000} s`;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
}
