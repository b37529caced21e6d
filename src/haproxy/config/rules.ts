import type { AcmeThumbprint, Listener, Rule } from '../../model/index.ts';
import { acmeAnswers } from './acme.ts';
import { bindLines } from './binds.ts';
import type { RenderOptions } from './options.ts';
import { clientCertificateHeaders } from './tls.ts';
import { addressWord, hostWord, nameWord, pathWord, portWord } from './words.ts';

/** A listener: what it binds, what it says about who asks, and which rule takes a request. */
export function frontend(listener: Listener, options: RenderOptions, thumbprints: readonly AcmeThumbprint[] = []): string[] {
  const any = listener.address === '' ? 'any' : addressWord(listener.address);
  const fallback = listener.fallback === undefined ? undefined : nameWord(listener.fallback);
  const lines = [`frontend in_${portWord(listener.port)}_${any} from ${listener.mode}`, ...bindLines(listener, options.ipv6)];
  if (listener.mode === 'tcp') return [...lines, ...(fallback === undefined ? [] : [`  default_backend ${fallback}`])];
  const acme = acmeAnswers(listener, thumbprints);
  const needsHost = options.accessLog !== undefined || acme.length > 0 || listener.rules.some((r) => r.host !== undefined);
  return [
    ...lines,
    ...(needsHost ? ['  http-request set-var(txn.berth_host) req.fhdr(host),host_only,rtrim(.),lower'] : []),
    ...acme,
    '  http-request set-header X-Forwarded-For %[src]',
    `  http-request set-header X-Forwarded-Proto ${listener.tls === undefined ? 'http' : 'https'}`,
    '  http-request set-header X-Forwarded-Host %[req.fhdr(host)] if { req.fhdr(host) -m found }',
    '  http-request set-header X-Forwarded-Port %[dst_port]',
    '  http-request set-header X-Real-IP %[src]',
    '  http-request del-header Forwarded',
    '  http-request del-header Proxy',
    ...clientCertificateHeaders(listener),
    ...listener.rules.flatMap((r) => (r.backend === undefined ? [] : [`  use_backend ${nameWord(r.backend)}${condition(r)}`])),
    `  default_backend ${fallback ?? 'berth.none'}`,
  ];
}

/** A path matches whole segments: `/api` takes `/api` and `/api/x`, not `/apis`. */
function condition({ host, path }: Rule): string {
  const exact = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const onHost =
    host === undefined ? '' : ` { var(txn.berth_host) -m ${host.startsWith('*.') ? `end .${hostWord(host)}` : `str ${hostWord(host)}`} }`;
  if (exact === '/' || exact === '') return onHost === '' ? '' : ` if${onHost}`;
  return ` if${onHost} { path -m str ${pathWord(exact)} } or${onHost} { path -m beg ${pathWord(`${exact}/`)} }`;
}
