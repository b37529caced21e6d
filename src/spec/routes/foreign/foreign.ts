import type { Context } from '../../resolve/context.ts';
import { integerAt, listAt, textAt } from '../../resolve/get.ts';
import { child, entriesOf, type Node } from '../../text/node.ts';
import { positionOf } from '../../text/source.ts';
import { readCaddy } from './caddy.ts';
import type { Draft } from '../draft.ts';
import type { Found } from '../found.ts';
import { notTaken } from './labels.ts';
import { readTraefik } from './traefik.ts';
import { readVirtualHost } from './virtual-host.ts';

type Kind = {
  readonly proxy: RegExp;
  readonly words: string;
  readonly read: (name: string, service: Node, context: Context) => Found | undefined;
};

const kinds: readonly Kind[] = [
  { proxy: /(?:^|\/)traefik(?::|@|$)/, words: '`traefik.*` labels', read: readTraefik },
  { proxy: /(?:^|\/)caddy-docker-proxy(?::|@|$)/, words: '`caddy` labels', read: readCaddy },
  { proxy: /(?:^|\/)nginx-proxy(?::|@|$)/, words: '`VIRTUAL_HOST`', read: (_, service, context) => readVirtualHost(service, context) },
];

/**
 * The routes that a service describes for another proxy by labels or variables. Where that proxy is a service of the same
 * application, the words are for it and are left to it.
 */
export function readForeign(name: string, service: Node, context: Context): Found | undefined {
  let taken: { readonly found: Found; readonly words: string } | undefined;
  for (const { proxy, words, read } of kinds) {
    if (hasProxy(proxy, context)) continue;
    const found = read(name, service, context);
    if (found === undefined || found.drafts.length === 0) continue;
    const [first] = found.drafts;
    if (taken === undefined) taken = { found, words };
    else if (first !== undefined) notTaken(context, first.mark, `${words} are left aside, since \`${name}\` has ${taken.words}`);
  }
  return taken === undefined
    ? undefined
    : { ...taken.found, drafts: taken.found.drafts.map((draft) => withOrigin(draft, taken.found.from)) };
}

function withOrigin(draft: Draft, from = ''): Draft {
  return { ...draft, from: `${from}, ${draft.mark.source.file}:${String(positionOf(draft.mark).line)}` };
}

/** What is known of a document's proxies; every service asks. */
const known = new WeakMap<Node, Map<RegExp, boolean>>();

/** Whether the application runs such a proxy itself: by its image, or by what only one does. */
function hasProxy(image: RegExp, { document }: Context): boolean {
  const answers = known.get(document) ?? new Map<RegExp, boolean>();
  known.set(document, answers);
  const answer =
    answers.get(image) ??
    entriesOf(child(document, 'services')).some(([, { value }]) => image.test(textAt(value, 'image') ?? '') || isProxy(value));
  answers.set(image, answer);
  return answer;
}

/** A service that looks at the engine and holds a web port of the machine. */
function isProxy(service: Node): boolean {
  const sees = listAt(service, 'volumes').some((mount) => textAt(mount, 'source')?.endsWith('/docker.sock') === true);
  return sees && listAt(service, 'ports').some((port) => [80, 443].includes(integerAt(port, 'published') ?? 0));
}
