import { Agent, request } from 'node:http';

/** An answer, or why there was none: then `status` is 0 and `error` an errno. */
export type Answer = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly error?: string;
};

/** Asks once, over a new connection. Never throws: no answer is an answer. */
export function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const fail = (error: NodeJS.ErrnoException): void => resolve({ status: 0, body: {}, text: '', error: error.code ?? error.message });
  const asked = request(url, { agent: new Agent(), headers, timeout: 15_000 }, (reply) => {
    let text = '';
    reply.setEncoding('utf8').on('data', (part: string) => (text += part));
    reply.once('error', fail);
    reply.once('end', () => resolve({ status: reply.statusCode ?? 0, body: parse(text), text }));
  });
  asked.once('timeout', () => asked.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })));
  asked.once('error', fail);
  asked.end();
  return promise;
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
