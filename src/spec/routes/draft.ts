import type { Route, Service } from '../../model/index.ts';
import type { Mark } from '../text/source.ts';

/** A route as it is read: port and TLS may still be open. */
export type Draft = Omit<Route, 'port' | 'tls'> & {
  readonly port?: number | undefined;
  readonly tls?: boolean | undefined;
  readonly mark: Mark;
};

/** What the reading of routes finds out about a service. */
export type Traffic = Pick<
  Service,
  'protocol' | 'h2' | 'sticky' | 'acceptProxy' | 'sendProxy' | 'trustedProxies' | 'maintenancePage' | 'tls'
> & { readonly drafts: readonly Draft[] };

/** The cookie that keeps clients at an instance where none is named: one for each service, since they may share a host. */
export function stickyCookie(service: string): string {
  return `berth_${service.replaceAll(/[^\w-]/g, '_')}`;
}

/** Routes that send the other spelling of a host (with or without `www.`) to this one. */
export function wwwRedirect(draft: Draft, to: { readonly from: string; readonly host: string; readonly tls: boolean }): Draft {
  const port = draft.port === undefined || draft.port === (to.tls ? 443 : 80) ? '' : `:${String(draft.port)}`;
  const address = `${to.tls ? 'https' : 'http'}://${to.host}${port}{path}{query}`;
  return { ...draft, host: to.from, path: '/', rules: { redirect: { to: address, code: 308 } } };
}
