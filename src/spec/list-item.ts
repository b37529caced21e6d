import { child, type Node } from './text/node.ts';
import { scalarText } from './text/scalar.ts';
import type { Mark } from './text/source.ts';

/** An item of a list: where it stands, and what makes it the same one in another list where something does. */
export type ListItem = {
  readonly index: number;
  /** As people write it. */
  readonly text?: string;
  /** Equal for what Compose takes for one item when it merges, and short enough for a path; absent where nothing says so. */
  readonly key?: string;
  /** Where it was written, of one without a key: the lists of several files are appended. */
  readonly mark?: Mark;
  /** Another order of the same items means something else. */
  readonly ordered?: boolean;
};

type Identity = (item: Node) => Pick<ListItem, 'text' | 'key'>;

/** Words of one sentence: they are replaced together, and only their position says which is which. */
const sentences = new Set(['command', 'entrypoint', 'test', 'release']);
const orderedLists = new Set(['dns', 'dns_search', 'env_file', 'label_file']);

/** By the key of the list; the keys are those of `canonical`, which lets each item count once. */
const identities: Readonly<Record<string, Identity>> = {
  ports: (item) => {
    const [ip, published, target, protocol] = ['host_ip', 'published', 'target', 'protocol'].map((key) => textAt(item, key));
    const outside = [ip?.includes(':') === true ? `[${ip}]` : ip, published].filter((part) => part !== undefined && part !== '');
    return known(`${[...outside, target].join(':')}${protocol === 'tcp' || protocol === undefined ? '' : `/${protocol}`}`);
  },
  volumes: (item) => {
    const [source, target] = [textAt(item, 'source'), textAt(item, 'target')];
    const mode = textAt(item, 'read_only') === 'true' ? ':ro' : '';
    return known(target, source === undefined ? `${target ?? ''}${mode}` : `${source}:${target ?? ''}${mode}`);
  },
  devices: (item) => known(textAt(item, 'target'), `${textAt(item, 'source') ?? ''}:${textAt(item, 'target') ?? ''}`),
  secrets: grantOf,
  configs: grantOf,
  env_file: (item) => known(textAt(item, 'path')),
  config: (item) => known(textAt(item, 'subnet')),
  routes: (item) => {
    const [host, path = '', port] = ['host', 'path', 'port'].map((key) => textAt(item, key));
    return known(item.kind === 'map' ? `${host ?? '*'}${port === undefined ? '' : `:${port}`}${path}` : undefined);
  },
};

/** An item of the list under a key. */
export function toListItem(listKey: string, item: Node, index: number): ListItem {
  if (sentences.has(listKey)) return { index };
  const ordered = orderedLists.has(listKey) ? { ordered: true } : {};
  if (item.kind === 'scalar') return { index, ...known(scalarText(item.value)), ...ordered };
  const identity = Object.hasOwn(identities, listKey) ? identities[listKey] : undefined;
  const found = identity?.(item) ?? {};
  return { index, ...found, ...(found.key === undefined ? { mark: item.mark } : {}), ...ordered };
}

function grantOf(item: Node): Pick<ListItem, 'text' | 'key'> {
  const [source, target] = [textAt(item, 'source'), textAt(item, 'target')];
  const isUsual = target === undefined || target === source || target === `/run/secrets/${source ?? ''}`;
  return known(target ?? source, isUsual ? source : `${source ?? ''} as ${target}`);
}

/** Without a key an item is known by its position alone. */
function known(key: string | undefined, text = key): Pick<ListItem, 'text' | 'key'> {
  return key === undefined || text === undefined ? {} : { key, text };
}

function textAt(item: Node, key: string): string | undefined {
  const found = child(item, key);
  return found?.kind === 'scalar' && found.value !== null ? scalarText(found.value) : undefined;
}
