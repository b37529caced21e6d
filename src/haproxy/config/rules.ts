import type { AcmeThumbprint, Listener } from '../../model/index.ts';
import { acmeAnswers } from './acme.ts';
import { ruleActions } from './actions.ts';
import { bindLines } from './binds.ts';
import { connectionRules } from './connections.ts';
import { forwardedHeaders } from './forwarded.ts';
import { keptHint } from './kept.ts';
import type { RenderOptions } from './options.ts';
import { selectRoute, takersOf } from './selection.ts';
import { addressWord, nameWord, portWord } from './words.ts';

/** A listener: what it binds, what it says about who asks, which rule takes a request, and what that rule does. */
export function frontend(listener: Listener, options: RenderOptions, thumbprints: readonly AcmeThumbprint[] = []): string[] {
  const any = listener.address === '' ? 'any' : addressWord(listener.address);
  const fallback = listener.fallback === undefined ? undefined : nameWord(listener.fallback);
  const lines = [`frontend in_${portWord(listener.port)}_${any} from ${listener.mode}`, ...bindLines(listener, options.ipv6)];
  if (listener.mode === 'tcp')
    return [...lines, ...connectionRules(listener), ...(fallback === undefined ? [] : [`  default_backend ${fallback}`])];
  const acme = acmeAnswers(listener, thumbprints);
  const takers = takersOf(listener.rules);
  const needsHost = acme.length > 0 || takers.some(({ rule }) => rule.host !== undefined || rule.rules?.httpsRedirect !== undefined);
  return [
    ...lines,
    keptHint(options.role),
    ...(needsHost ? ['  http-request set-var(txn.berth_host) req.fhdr(host),host_only,rtrim(.),lower'] : []),
    ...acme,
    ...forwardedHeaders(listener),
    ...selectRoute(takers),
    ...takers.flatMap((taker) => ruleActions(taker, listener)),
    ...takers.flatMap(({ rule, acl }) => (rule.backend === undefined ? [] : [`  use_backend ${nameWord(rule.backend)} if ${acl}`])),
    `  default_backend ${fallback ?? 'berth.none'}`,
  ];
}
