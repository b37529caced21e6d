import { Buffer } from 'node:buffer';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BerthError } from '../../errors/index.ts';

/** The way to a Vault. */
export type VaultLink = {
  readonly address: string;
  readonly namespace: string | undefined;
  /** Certificates (PEM) that are trusted instead of the machine's. */
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

export type VaultCall = { readonly method: 'GET' | 'POST'; readonly path: string; readonly token?: string; readonly body?: unknown };
export type VaultAnswer = { readonly status: number; readonly body: unknown; readonly errors: readonly string[] };

/** A secret and its metadata are far smaller. */
const mostBytes = 4 * 1024 * 1024;

/** Asks Vault one thing. Throws SECRET_UNAVAILABLE when it does not answer in time, or not as Vault does. */
export async function askVault(link: VaultLink, call: VaultCall): Promise<VaultAnswer> {
  const late = AbortSignal.timeout(link.timeoutMs);
  try {
    const response = await send(link, call, AbortSignal.any([link.signal, late]));
    const text = await readBody(response);
    return toAnswer(link, response.statusCode ?? 0, text);
  } catch (error) {
    link.signal.throwIfAborted();
    if (error instanceof BerthError) throw error;
    const why = late.aborted ? `no answer in ${link.timeoutMs / 1000} s` : whyOf(error);
    throw new BerthError('SECRET_UNAVAILABLE', `Could not reach Vault at ${link.address}: ${why}.`, {
      hint: isCertificate(error)
        ? 'Name the certificate of its authority with `x-berth.vault.ca`.'
        : 'Look at `x-berth.vault.address`, and whether Vault runs.',
      cause: error,
    });
  }
}

function send(link: VaultLink, call: VaultCall, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(`v1/${call.path}`, link.address.endsWith('/') ? link.address : `${link.address}/`);
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const headers = {
    // Vault refuses requests without it where its agent or a proxy demands it.
    'x-vault-request': 'true',
    ...(call.token === undefined ? {} : { 'x-vault-token': call.token }),
    ...(link.namespace === undefined ? {} : { 'x-vault-namespace': link.namespace }),
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = { method: call.method, headers, signal, ...(link.ca === undefined ? {} : { ca: link.ca }) };
  const sent = url.protocol === 'https:' ? httpsRequest(url, options, resolve) : httpRequest(url, options, resolve);
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > mostBytes) throw new Error('the answer is too long');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function toAnswer(link: VaultLink, status: number, text: string): VaultAnswer {
  try {
    const body: unknown = text === '' ? {} : JSON.parse(text);
    return { status, body, errors: errorsOf(body) };
  } catch (error) {
    throw new BerthError('SECRET_UNAVAILABLE', `What answers at ${link.address} is not Vault: ${status}, and no JSON.`, {
      hint: 'Look at `x-berth.vault.address`.',
      cause: error,
    });
  }
}

function errorsOf(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors)) return [];
  return body.errors.map((error) => String(error).trim().replaceAll(/\s+/g, ' '));
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

function isCertificate(error: unknown): boolean {
  return /CERT|SELF_SIGNED|ISSUER|ALTNAME|UNABLE_TO_VERIFY/.test(codeOf(error) ?? '');
}

function whyOf(error: unknown): string {
  return codeOf(error) ?? (error instanceof Error ? error.message : String(error));
}
