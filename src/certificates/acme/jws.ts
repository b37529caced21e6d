import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto';

/** A signed request (RFC 7515, flattened; RFC 8555, 6.2). `payload` undefined asks without changing anything. */
export function signRequest(input: { url: string; nonce: string; payload: unknown; key: KeyObject; account: string | undefined }): string {
  const { url, nonce, payload, key, account } = input;
  const who = account === undefined ? { jwk: publicJwk(key) } : { kid: account };
  const header = encode(JSON.stringify({ alg: 'ES256', nonce, url, ...who }));
  const body = payload === undefined ? '' : encode(JSON.stringify(payload));
  const signature = sign('sha256', Buffer.from(`${header}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
  return JSON.stringify({ protected: header, payload: body, signature: encode(signature) });
}

/** The thumbprint of an account's key (RFC 7638). */
export function thumbprintOf(key: KeyObject): string {
  return createHash('sha256')
    .update(JSON.stringify(publicJwk(key)))
    .digest('base64url');
}

/** The members that a thumbprint is made of, in their order. */
function publicJwk(key: KeyObject): { crv: string; kty: string; x: string; y: string } {
  const { crv = '', kty = '', x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { crv, kty, x, y };
}

export const encode = (data: string | Uint8Array): string => Buffer.from(data).toString('base64url');
