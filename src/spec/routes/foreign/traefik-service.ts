import type { Context } from '../../resolve/context.ts';
import { cookieProblem } from '../../text/route-forms.ts';
import { stickyCookie } from '../draft.ts';
import type { Found } from '../found.ts';
import { isOn, notTaken, type Label, type Labels } from './labels.ts';

/** The labels of one service, and where what is not understood is said. */
export type Input = { readonly name: string; readonly labels: Labels; readonly context: Context };

/** The container port of the service that a router names, or of the only one; `other` is not this container at all. */
export function targetOf(mode: 'http' | 'tcp', router: string, { labels, context }: Input): number | undefined | 'other' {
  const known = labels.names('traefik', mode, 'services');
  const written = labels.get('traefik', mode, 'routers', router, 'service');
  const own = written === undefined ? known[0] : localName(written, router, known);
  if (written !== undefined && own === undefined) {
    const words = `the router \`${router}\` leads to \`${written.value}\`, which no label of this service describes`;
    notTaken(context, written.mark, `${words}; no route is made of it`);
    return 'other';
  }
  const port = labels.get('traefik', mode, 'services', own ?? '', 'loadbalancer', 'server', 'port');
  return port === undefined ? undefined : portOf(port, context);
}

/** The service of these labels that a router names; the router's own name is one even without further labels. */
function localName(written: Label, router: string, known: readonly string[]): string | undefined {
  const [own = '', provider = 'docker'] = written.value.toLowerCase().split('@');
  const isKnown = known.includes(own) || (known.length === 0 && own === router);
  return provider === 'docker' && isKnown ? own : undefined;
}

function portOf(label: Label, context: Context): number | 'other' {
  const port = Number(label.value);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  notTaken(context, label.mark, `\`${label.key}\` is not a port: \`${label.value}\``);
  return 'other';
}

type Settings = Pick<Found, 'h2' | 'sticky' | 'sendProxy'>;

/** What the services of the labels say of the instances: HTTP/2, cookies, the PROXY protocol. */
export function readServices(input: Input): Settings {
  const { labels } = input;
  const http = labels
    .names('traefik', 'http', 'services')
    .map((own) => readHttp(['traefik', 'http', 'services', own, 'loadbalancer'], input));
  const tcp = labels.names('traefik', 'tcp', 'services').map((own): Settings => {
    const version = labels.get('traefik', 'tcp', 'services', own, 'loadbalancer', 'proxyprotocol', 'version')?.value;
    return version === undefined ? {} : { sendProxy: version === '1' ? 'v1' : 'v2' };
  });
  return [...http, ...tcp].reduce((all, each) => ({ ...all, ...each }), {});
}

function readHttp(base: readonly string[], { name, labels, context }: Input): Settings {
  const scheme = labels.get(...base, 'server', 'scheme');
  if (scheme !== undefined && !['h2c', 'http'].includes(scheme.value))
    notTaken(context, scheme.mark, `\`${scheme.key}: ${scheme.value}\` is not understood; the service is asked by http`);
  // The Host header is always passed on.
  const passes = labels.get(...base, 'passhostheader');
  if (passes !== undefined && !isOn(passes))
    notTaken(context, passes.mark, `\`${passes.key}\` has no effect: the service gets the Host of the client`);
  for (const probe of labels.under(...base, 'healthcheck'))
    notTaken(context, probe.mark, `\`${probe.key}\` has no effect: berth asks for readiness itself`, 'Write `x-berth.probe`.');
  const sticky = readSticky(base, { name, labels, context });
  return { ...(scheme?.value === 'h2c' ? { h2: true } : {}), ...(sticky === undefined ? {} : { sticky }) };
}

function readSticky(base: readonly string[], { name, labels, context }: Input): Settings['sticky'] {
  const isOnAlone = isOn(labels.get(...base, 'sticky', 'cookie'));
  const named = labels.get(...base, 'sticky', 'cookie', 'name');
  if (named === undefined) return isOnAlone ? { cookie: stickyCookie(name) } : undefined;
  const wrong = cookieProblem(named.value);
  if (wrong === undefined) return { cookie: named.value };
  notTaken(context, named.mark, `\`${named.key}: ${named.value}\` ${wrong}`);
  return undefined;
}
