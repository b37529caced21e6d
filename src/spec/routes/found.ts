import type { Tls } from '../../model/index.ts';
import type { Mark } from '../text/source.ts';
import type { Draft, Traffic } from './draft.ts';

/** What was made of the words of another proxy. */
export type Found = Pick<Traffic, 'h2' | 'sticky' | 'sendProxy' | 'tls'> & {
  readonly drafts: readonly Draft[];
  /** Whose words: `traefik labels`. */
  readonly from?: string;
  /** Where TLS is asked for. */
  readonly needsTls?: Mark | undefined;
  /** False where port 80 is to be served as well. */
  readonly redirects?: boolean;
  readonly hsts?: string;
};

/** A certificate of Let's Encrypt, where the words of another proxy ask for one. */
export function letsEncrypt(
  email: string | undefined,
  other: { readonly directory?: string | undefined; readonly isTest?: boolean } = {},
): Tls {
  const host = other.isTest === true ? 'acme-staging-v02' : 'acme-v02';
  const directory = other.directory ?? `https://${host}.api.letsencrypt.org/directory`;
  return { certificate: { kind: 'acme', directory, challenge: 'http-01', ...(email === undefined || email === '' ? {} : { email }) } };
}
