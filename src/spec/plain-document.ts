import { child, entriesOf, toPlain, type MapNode, type Plain } from './text/node.ts';

type Document = { readonly [key: string]: Plain };

/**
 * The document as `berth config` shows it: Compose's spelling, without resources that no service uses and with every
 * `$` doubled, so that reading it again gives the same application.
 */
export function plainDocument(document: MapNode): Document {
  const used = usedResources(document);
  const result: Record<string, Plain> = { name: null };
  for (const [key, { value }] of document.entries) {
    if (key === 'version') continue;
    const names = used.get(key);
    const plain = escape(toPlain(value));
    result[key] =
      names === undefined || !isRecord(plain) ? plain : Object.fromEntries(Object.entries(plain).filter(([name]) => names.has(name)));
    if (names?.size === 0) delete result[key];
  }
  return result;
}

/** By section, the names that some service refers to. */
function usedResources(document: MapNode): ReadonlyMap<string, ReadonlySet<string>> {
  const used = { networks: new Set<string>(), volumes: new Set<string>(), secrets: new Set<string>(), configs: new Set<string>() };
  for (const [, { value: service }] of entriesOf(child(document, 'services'))) {
    for (const [name] of entriesOf(child(service, 'networks'))) used.networks.add(name);
    for (const volume of sources(child(service, 'volumes'))) used.volumes.add(volume);
    for (const secret of [...sources(child(service, 'secrets')), ...sources(child(service, 'build', 'secrets'))]) used.secrets.add(secret);
    for (const config of sources(child(service, 'configs'))) used.configs.add(config);
  }
  return new Map(Object.entries(used));
}

function sources(node: ReturnType<typeof child>): string[] {
  if (node?.kind !== 'list') return [];
  return node.items.flatMap((item) => {
    const source = child(item, 'source');
    return source?.kind === 'scalar' && typeof source.value === 'string' ? [source.value] : [];
  });
}

function isRecord(plain: Plain): plain is Document {
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain);
}

function escape(plain: Plain): Plain {
  if (typeof plain === 'string') return plain.replaceAll('$', '$$$$');
  if (Array.isArray(plain)) return plain.map(escape);
  return isRecord(plain) ? Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, escape(value)])) : plain;
}
