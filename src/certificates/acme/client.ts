import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import * as z from 'zod';
import { BerthError } from '../../errors/index.ts';
import type { Clock } from '../../ports/index.ts';
import { ask, type Answer } from './http.ts';
import { encode, signRequest } from './jws.ts';
import { isProblem, problemOf, problemSchema, refusal, retryAfter } from './problem.ts';

/** An authority may refuse nonces at random, as the test server does with one of five: six in a row were met, eleven will not be. */
const nonceTries = 10;

const directorySchema = z.object({ newNonce: z.string(), newAccount: z.string(), newOrder: z.string() });
const orderSchema = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  authorizations: z.array(z.string()),
  finalize: z.string(),
  certificate: z.string().optional(),
  error: problemSchema.optional(),
});
const authorizationSchema = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  identifier: z.object({ value: z.string() }),
  challenges: z.array(z.object({ type: z.string(), url: z.string(), error: problemSchema.optional() })),
});

type Order = z.infer<typeof orderSchema> & { readonly url: string };

/** Who asks which server for what. */
export type AcmeInput = {
  readonly directory: string;
  readonly directoryCa?: string | undefined;
  readonly email?: string | undefined;
  readonly accountKey: KeyObject;
  readonly hosts: readonly string[];
  /** PKCS #10, DER. */
  readonly request: Uint8Array;
};

/** Bounds of how long to wait between two looks at what the server works on. */
const pollMs = { least: 500, most: 15_000 };

/** Gets a certificate of an ACME server (RFC 8555) whose challenges the edge answers. Answers the chain (PEM). */
export async function orderCertificate(clock: Clock, input: AcmeInput, signal: AbortSignal): Promise<string> {
  const client = await AcmeClient.open(clock, input, signal);
  const order = await client.order();
  for (const url of order.authorizations) await client.prove(url);
  return client.finish(order);
}

class AcmeClient {
  readonly #clock: Clock;
  readonly #input: AcmeInput;
  readonly #signal: AbortSignal;
  readonly #directory: z.infer<typeof directorySchema>;
  #account: string | undefined;
  #nonce: string | undefined;

  private constructor(clock: Clock, input: AcmeInput, rest: { signal: AbortSignal; directory: z.infer<typeof directorySchema> }) {
    this.#clock = clock;
    this.#input = input;
    this.#signal = rest.signal;
    this.#directory = rest.directory;
  }

  static async open(clock: Clock, input: AcmeInput, signal: AbortSignal): Promise<AcmeClient> {
    const { directory: url, directoryCa: ca } = input;
    const answer = await ask({ method: 'GET', url, ca }, signal);
    const doing = `Could not read the ACME directory ${url}`;
    if (answer.status !== 200) throw refusal(doing, problemOf(answer), { headers: answer.headers, nowMs: clock.now() });
    const directory = parse(directorySchema, answer.body, doing);
    const client = new AcmeClient(clock, input, { signal, directory });
    await client.#openAccount();
    return client;
  }

  /** The account of the key: made, or found where it exists. */
  async #openAccount(): Promise<void> {
    const { email } = this.#input;
    const payload = { termsOfServiceAgreed: true, ...(email === undefined ? {} : { contact: [`mailto:${email}`] }) };
    const answer = await this.#post(this.#directory.newAccount, payload);
    if (answer.status !== 200 && answer.status !== 201) {
      const problem = problemOf(answer);
      const doing = `Could not open an account at ${this.#host}`;
      // Whoever closed the account knows why; a new key is a new account.
      const isClosed = isProblem(problem, 'unauthorized');
      const failure = refusal(doing, problem, { headers: answer.headers, nowMs: this.#clock.now() });
      throw isClosed ? new BerthError(failure.code, failure.message, { details: { ...failure.details, accountClosed: true } }) : failure;
    }
    this.#account = answer.headers.location;
  }

  async order(): Promise<Order> {
    const identifiers = this.#input.hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
    const answer = await this.#need(
      await this.#post(this.#directory.newOrder, { identifiers }),
      `Could not order a certificate for ${this.#names}`,
    );
    return { ...parse(orderSchema, answer.body, 'Could not read the order'), url: answer.headers.location ?? '' };
  }

  /** Proves that one host is ours: the edge answers by itself, so the server is only told to ask. */
  async prove(url: string): Promise<void> {
    const doing = `Could not prove the hosts of ${this.#names}`;
    let { authorization } = await this.#authorization(url, doing);
    const host = authorization.identifier.value;
    if (authorization.status === 'pending') {
      const challenge = authorization.challenges.find((one) => one.type === 'http-01');
      if (challenge === undefined)
        throw new BerthError('CERTIFICATE_FAILED', `Could not prove ${host}: the ACME server does not offer http-01 for it.`);
      await this.#need(await this.#post(challenge.url, {}), doing);
    }
    for (let wait = 0; authorization.status === 'pending';) {
      await this.#clock.sleep(wait, this.#signal);
      ({ authorization, wait } = await this.#authorization(url, doing));
    }
    if (authorization.status === 'valid') return;
    const failed = authorization.challenges.find((one) => one.error !== undefined)?.error;
    throw refusal(
      `Could not prove that ${host} is served here`,
      failed ?? problemSchema.parse({ detail: `the proof is ${authorization.status}` }),
      {
        nowMs: this.#clock.now(),
        hint: `Let ${host} lead to this machine, and its port 80 be reached from outside.`,
      },
    );
  }

  async #authorization(url: string, doing: string) {
    const answer = await this.#need(await this.#post(url, undefined), doing);
    return { authorization: parse(authorizationSchema, answer.body, doing), wait: this.#waitOf(answer) };
  }

  /** Hands in the request, waits for the certificate and fetches it. */
  async finish(order: Order): Promise<string> {
    const doing = `Could not get the certificate for ${this.#names}`;
    let { state, wait } = await this.#look(order.url, doing);
    while (state.status === 'pending') {
      await this.#clock.sleep(wait, this.#signal);
      ({ state, wait } = await this.#look(order.url, doing));
    }
    if (state.status === 'ready') {
      const answer = await this.#need(await this.#post(state.finalize, { csr: encode(this.#input.request) }), doing);
      ({ state, wait } = { state: parse(orderSchema, answer.body, doing), wait: this.#waitOf(answer) });
    }
    while (state.status === 'ready' || state.status === 'processing') {
      await this.#clock.sleep(wait, this.#signal);
      ({ state, wait } = await this.#look(order.url, doing));
    }
    if (state.status !== 'valid' || state.certificate === undefined)
      throw refusal(doing, state.error ?? problemSchema.parse({ detail: `the order is ${state.status}` }), { nowMs: this.#clock.now() });
    return (await this.#need(await this.#post(state.certificate, undefined, 'application/pem-certificate-chain'), doing)).body;
  }

  async #look(url: string, doing: string) {
    const answer = await this.#need(await this.#post(url, undefined), doing);
    return { state: parse(orderSchema, answer.body, doing), wait: this.#waitOf(answer) };
  }

  #waitOf({ headers }: Answer): number {
    const wanted = retryAfter(headers['retry-after'], this.#clock.now()) ?? pollMs.least;
    return Math.min(pollMs.most, Math.max(pollMs.least, wanted));
  }

  async #need(answer: Answer, doing: string): Promise<Answer> {
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusal(doing, problemOf(answer), { headers: answer.headers, nowMs: this.#clock.now() });
  }

  /** A signed request. A nonce that the server does not take any more is no failure (RFC 8555, 6.5). */
  async #post(url: string, payload: unknown, accept?: string): Promise<Answer> {
    for (let tries = 0; ; tries++) {
      const body = signRequest({ url, nonce: await this.#takeNonce(), payload, key: this.#input.accountKey, account: this.#account });
      const asking = { method: 'POST', url, body, ca: this.#input.directoryCa, ...(accept === undefined ? {} : { accept }) } as const;
      const answer = await ask(asking, this.#signal);
      this.#keepNonce(answer);
      if (answer.status !== 400 || tries >= nonceTries || !isProblem(problemOf(answer), 'badNonce')) return answer;
    }
  }

  async #takeNonce(): Promise<string> {
    if (this.#nonce === undefined)
      this.#keepNonce(await ask({ method: 'HEAD', url: this.#directory.newNonce, ca: this.#input.directoryCa }, this.#signal));
    const nonce = this.#nonce;
    this.#nonce = undefined;
    if (nonce === undefined) throw new BerthError('CERTIFICATE_FAILED', `The ACME server at ${this.#host} gives no nonce.`);
    return nonce;
  }

  #keepNonce({ headers }: Answer): void {
    const nonce = headers['replay-nonce'];
    this.#nonce = typeof nonce === 'string' ? nonce : undefined;
  }

  get #host(): string {
    return new URL(this.#input.directory).host;
  }

  get #names(): string {
    return this.#input.hosts.join(', ');
  }
}

function parse<T>(schema: z.ZodType<T>, body: string, doing: string): T {
  try {
    return schema.parse(JSON.parse(body));
  } catch (error) {
    throw new BerthError('CERTIFICATE_FAILED', `${doing}: the answer of the ACME server is not one of ACME (RFC 8555).`, { cause: error });
  }
}
