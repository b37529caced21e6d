import type { Context } from '../../resolve/context.ts';
import { defined } from '../../resolve/get.ts';
import { child, entriesOf, type Node } from '../../text/node.ts';
import type { Draft } from '../draft.ts';
import type { Found } from '../found.ts';
import { commaList, isOn, Labels, notTaken, type Label } from './labels.ts';
import { applyMiddlewares } from './traefik-middleware.ts';
import type { Target } from './traefik-redirect.ts';
import { parseRule, type Match } from './traefik-rule.ts';
import { readServices, targetOf, type Input } from './traefik-service.ts';

/** Ports that entry points are known by; what others listen on is in Traefik's own configuration. */
const entryPoints: Readonly<Record<string, number>> = { web: 80, http: 80, websecure: 443, 'web-secure': 443, https: 443 };

const isMine = (key: string): boolean => key.toLowerCase().startsWith('traefik.');
const labelNodes = (service: Node): (Node | undefined)[] => [child(service, 'labels'), child(service, 'deploy', 'labels')];

/** All labels of a document, and the middlewares that its routers and chains name. */
type Shared = { readonly labels: Labels; readonly named: ReadonlySet<string> };
const known = new WeakMap<Node, Shared>();

/** Traefik knows a middleware whichever container describes it. */
function sharedLabels({ document }: Context): Shared {
  const before = known.get(document);
  if (before !== undefined) return before;
  const services = entriesOf(child(document, 'services')).map(([, { value }]) => value);
  const labels = new Labels(services.flatMap(labelNodes), isMine);
  const uses = labels.under('traefik').filter(({ parts }) => parts.at(-1)?.toLowerCase() === 'middlewares');
  const named = new Set(uses.flatMap(({ value }) => commaList(value.toLowerCase()).map((name) => name.replace(/@docker$/, ''))));
  known.set(document, { labels, named });
  return { labels, named };
}

/** Whether a label describes a middleware that somebody names: whoever does says what of it is not understood. */
function isForOthers({ parts }: Label, { named }: Shared): boolean {
  return parts[2]?.toLowerCase() === 'middlewares' && named.has(parts[3]?.toLowerCase() ?? '');
}

/** The routes of a service's `traefik.*` labels, or undefined where it has none of them. What is not understood is said. */
export function readTraefik(name: string, service: Node, context: Context): Found | undefined {
  const labels = new Labels(labelNodes(service), isMine);
  if (labels.size === 0) return undefined;
  const enable = labels.get('traefik', 'enable');
  if (enable !== undefined && !isOn(enable)) return { drafts: [] };
  // How Traefik itself reaches the service is no question here.
  for (const key of ['docker', 'swarm']) labels.under('traefik', key);
  const shared = sharedLabels(context);
  const input = { name, labels, context, shared: shared.labels };
  const drafts = (['http', 'tcp'] as const).flatMap((mode) =>
    labels.names('traefik', mode, 'routers').flatMap((router) => readRouter(mode, router, input)),
  );
  const settings = readServices(input);
  for (const unread of labels.unread.filter((label) => !isForOthers(label, shared)))
    notTaken(context, unread.mark, `the label \`${unread.key}\` is not understood`);
  return { drafts, ...settings, from: 'traefik labels', needsTls: drafts.find((draft) => draft.tls)?.mark };
}

type RouterInput = Input & { readonly shared: Labels };

function readRouter(mode: 'http' | 'tcp', router: string, input: RouterInput): Draft[] {
  const { labels, context } = input;
  const base = ['traefik', mode, 'routers', router] as const;
  const rule = labels.get(...base, 'rule');
  const points = labels.get(...base, 'entrypoints');
  const tls = readTls(base, labels);
  const names = labels.get(...base, 'middlewares');
  const target = targetOf(mode, router, input);
  if (rule === undefined) {
    const [first] = labels.under(...base);
    if (first !== undefined) notTaken(context, first.mark, `the router \`${router}\` has no rule; no route is made of it`);
    return [];
  }
  const matches = parseRule(rule.value);
  if (typeof matches === 'string') {
    notTaken(context, rule.mark, `\`${rule.key}\` ${matches}; no route is made of it`);
    return [];
  }
  const ports = portsOf({ router, points, tls: tls !== 'none', rule }, context);
  if (target === 'other') return [];
  return ports.flatMap((port) =>
    matches.flatMap((match) =>
      mode === 'tcp'
        ? toTcp({ match, port, target, tls, names, rule }, input)
        : toHttp({ match, port, target, hasTls: tls !== 'none', names, rule }, input),
    ),
  );
}

/** How TLS is spoken with a router: not at all, up to the proxy, or through it. */
function readTls(base: readonly string[], labels: Labels): 'none' | 'ends' | 'passes' {
  const passes = isOn(labels.get(...base, 'tls', 'passthrough'));
  const written = labels.under(...base, 'tls');
  if (written.length === 0 || (written.length === 1 && written[0]?.value === 'false')) return 'none';
  return passes ? 'passes' : 'ends';
}

type Entry = { readonly router: string; readonly points: Label | undefined; readonly tls: boolean; readonly rule: Label };

/** The ports of a router's entry points; undefined is the usual one. */
function portsOf({ router, points, tls, rule }: Entry, context: Context): (number | undefined)[] {
  if (points === undefined) return [tls ? 443 : undefined];
  const ports = commaList(points.value).flatMap((point) => {
    const port = entryPoints[point.toLowerCase()];
    if (port === undefined)
      notTaken(
        context,
        points.mark,
        `the entry point \`${point}\` of the router \`${router}\` is described in Traefik's own configuration; no route is made there`,
      );
    return port ?? [];
  });
  // A router with TLS answers only that, wherever it listens.
  const able = tls ? ports.filter((port) => port !== 80) : ports;
  if (able.length === 0 && ports.length > 0)
    notTaken(context, rule.mark, `the router \`${router}\` speaks TLS on port 80; no route is made`);
  return able.map((port) => (port === 80 ? undefined : port));
}

type HttpInput = {
  readonly match: Match;
  readonly port: number | undefined;
  readonly target: number | undefined;
  readonly hasTls: boolean;
  readonly names: Label | undefined;
  readonly rule: Label;
};

function toHttp({ match, port, target: behind, hasTls, names, rule }: HttpInput, { labels, shared, context }: RouterInput): Draft[] {
  const path = match.path ?? '/';
  const tls = hasTls || port === 443;
  if (match.exact === true)
    notTaken(context, rule.mark, `\`${rule.key}\` asks for the path \`${path}\` alone; it is taken with all below it`);
  const target: Target = { host: match.host, path, tls };
  const rules = applyMiddlewares(namesIn(names), { mode: 'http', labels, shared, context, target });
  if (rules === undefined) return [];
  // What leads to https is for port 80 alone.
  const fixed = rules.httpsRedirect === undefined ? port : 80;
  return [
    {
      ...defined({ host: match.host, port: fixed, target: behind, tls: tls ? true : undefined }),
      path,
      mode: 'http',
      rules,
      mark: rule.mark,
    },
  ];
}

function toTcp(
  input: Pick<HttpInput, 'match' | 'port' | 'target' | 'names' | 'rule'> & { readonly tls: 'none' | 'ends' | 'passes' },
  { labels, shared, context }: RouterInput,
): Draft[] {
  const { match, target: port, tls, rule } = input;
  const target: Target = { host: match.host, path: '/', tls: tls !== 'none' };
  const rules = applyMiddlewares(namesIn(input.names), { mode: 'tcp', labels, shared, context, target });
  if (rules === undefined) return [];
  const place = { port: input.port ?? (tls === 'none' ? 80 : 443), path: '/', mode: 'tcp', tls: tls === 'ends' } as const;
  return [{ ...defined({ host: match.host, target: port }), ...place, rules, mark: rule.mark }];
}

function namesIn(label: Label | undefined): { readonly name: string; readonly label: Label }[] {
  return label === undefined ? [] : commaList(label.value).map((name) => ({ name, label }));
}
