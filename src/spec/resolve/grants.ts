import { didYouMean, sha256 } from '../../kit/index.ts';
import type { FileGrant } from '../../model/index.ts';
import { isWithin } from '../canonical/paths.ts';
import { child, entriesOf, type Node } from '../text/node.ts';
import type { Mark } from '../text/source.ts';
import { section, type Context } from './context.ts';
import { missing } from './environment.ts';
import { defined, integerAt, listAt, textAt } from './get.ts';
import { isExternal } from './secret-nodes.ts';

type Kind = 'secret' | 'config';

/** The bytes of secrets and configs: by kind and key their hash, and by hash the bytes. */
export type Contents = { readonly hashes: Map<string, string>; readonly files: Record<string, Uint8Array> };

const sections: Readonly<Record<Kind, string>> = { secret: 'secrets', config: 'configs' };

/** Reads every secret and config that a service is given, and checks the form of all. */
export async function readContents(services: readonly Node[], context: Context): Promise<Contents> {
  const contents: Contents = { hashes: new Map(), files: {} };
  for (const kind of ['secret', 'config'] as const) {
    const used = new Set(services.flatMap((service) => listAt(service, sections[kind]).map((item) => textAt(item, 'source'))));
    for (const [key, { value, key: mark }] of section(context.document, sections[kind])) {
      if (isExternal(value)) continue;
      if (!hasOneOrigin({ kind, key, node: value, mark }, context) || !used.has(key)) continue;
      const bytes = await contentOf({ kind, key, node: value, mark }, context);
      if (bytes === undefined) continue;
      const hash = sha256(bytes);
      contents.hashes.set(`${kind}.${key}`, hash);
      contents.files[hash] = bytes;
    }
  }
  return contents;
}

type Item = { readonly kind: Kind; readonly key: string; readonly node: Node; readonly mark: Mark };

/** Whether a secret or config says where its bytes are; a problem otherwise. */
export function hasOneOrigin(item: Item, context: Context): boolean {
  const origins = item.kind === 'secret' ? ['file', 'environment'] : ['file', 'environment', 'content'];
  const written = origins.filter((origin) => child(item.node, origin) !== undefined);
  const names = origins.map((origin) => `\`${origin}\``).join(', ');
  if (written.length === 1) return true;
  if (written.length === 0 && child(item.node, 'driver') !== undefined) return false;
  const message =
    written.length === 0
      ? `the ${item.kind} \`${item.key}\` needs one of ${names}`
      : `the ${item.kind} \`${item.key}\` may have only one of ${names}`;
  context.problems.error(item.mark, message);
  return false;
}

/** The bytes of one secret or config; what keeps them from being had is a problem with its place. */
export async function contentOf(item: Item, context: Context): Promise<Uint8Array | undefined> {
  const content = textAt(item.node, 'content');
  if (content !== undefined) return new TextEncoder().encode(content);
  const variable = textAt(item.node, 'environment');
  if (variable !== undefined) {
    const mark = child(item.node, 'environment')?.mark ?? item.mark;
    const value = context.lookupAt(mark)(variable);
    if (value !== undefined) return new TextEncoder().encode(value);
    context.problems.error(mark, `the variable \`${variable}\`, which holds the ${item.kind} \`${item.key}\`, is not set`, {
      code: 'VARIABLE_REQUIRED',
    });
    return undefined;
  }
  const file = textAt(item.node, 'file');
  const mark = child(item.node, 'file')?.mark ?? item.mark;
  if (file === undefined) return undefined;
  if (!(await staysInside(file, mark, context))) {
    context.problems.error(mark, `the ${item.kind} \`${item.key}\` is the file ${context.show(file)}, which is outside the project`, {
      hint: 'Write its absolute path if that is meant.',
    });
    return undefined;
  }
  const bytes = await context.reader.read(file);
  if (bytes === undefined) await missing(mark, `file of the ${item.kind} \`${item.key}\``, file, context);
  return bytes;
}

/** Whether a path that is written as a relative one stays in the project, by its text and after following links. */
export async function staysInside(file: string, mark: Mark, context: Context): Promise<boolean> {
  // An absolute path, or one under `~`, says what it means.
  if (/^["']?[/~]/.test(mark.source.text.slice(mark.offset, mark.offset + 2))) return true;
  if (!context.inside.some((directory) => isWithin(file, directory))) return false;
  const real = await context.reader.realpath?.(file);
  if (real === undefined) return true;
  const roots = await Promise.all(context.inside.map(async (directory) => (await context.reader.realpath?.(directory)) ?? directory));
  return roots.some((directory) => isWithin(real, directory));
}

/** The secrets and configs that a service is given. */
export function resolveGrants(service: Node, contents: Contents, context: Context): FileGrant[] {
  return (['secret', 'config'] as const).flatMap((kind) =>
    listAt(service, sections[kind]).flatMap((item) => {
      const source = textAt(item, 'source');
      if (source === undefined) return [];
      const sourceMark = child(item, 'source')?.mark ?? item.mark;
      if (!isKnown(kind, source, sourceMark, context)) return [];
      const hash = contents.hashes.get(`${kind}.${source}`);
      const target = textAt(item, 'target') ?? source;
      if (hash === undefined) return [];
      return [
        defined({
          kind,
          source,
          target: target.startsWith('/') ? target : `${kind === 'secret' ? '/run/secrets' : ''}/${target}`,
          uid: integerAt(item, 'uid'),
          gid: integerAt(item, 'gid'),
          mode: fileMode(item) ?? 0o444,
          sha256: hash,
        }),
      ];
    }),
  );
}

/** Reports a reference to something that is not under a top-level section. */
export function isKnown(kind: Kind | 'network' | 'volume' | 'service', name: string, mark: Mark, context: Context): boolean {
  const all = child(context.document, `${kind}s`);
  if (child(all, name) !== undefined) return true;
  const known = entriesOf(all).flatMap(([key, entry]) => (entry.key === context.document.mark ? [] : [key]));
  const near = didYouMean(name, known);
  const others = `There ${known.length === 1 ? 'is' : 'are'}: ${known.map((k) => `\`${k}\``).join(', ')}.`;
  context.problems.error(mark, `there is no ${kind} \`${name}\` under \`${kind}s\``, {
    hint: near ?? (known.length === 0 ? declaring(kind, name) : others),
  });
  return false;
}

/** How something that nothing of its kind is there of comes into the file. */
function declaring(kind: Parameters<typeof isKnown>[0], name: string): string | undefined {
  switch (kind) {
    case 'volume':
      return `Write \`volumes: {${name}: {}}\` at the top of the file, or \`./${name}\` where a directory of the project is meant.`;
    case 'network':
      return `Write \`networks: {${name}: {}}\` at the top of the file.`;
    case 'secret':
      return `Write \`secrets: {${name}: {external: true}}\` at the top of the file for one of \`berth secret set\`, or \`file\` in the place of \`external\`.`;
    case 'config':
      return `Write \`configs: {${name}: {file: ./${name}}}\` at the top of the file.`;
    case 'service':
      return undefined;
  }
}

/** Permissions: a number, or octal text. */
export function fileMode(item: Node, ...path: string[]): number | undefined {
  const node = child(item, ...path, 'mode');
  if (node?.kind !== 'scalar') return undefined;
  if (typeof node.value === 'number') return node.value;
  return typeof node.value === 'string' && /^0?o?[0-7]{1,4}$/.test(node.value)
    ? Number.parseInt(node.value.replace('o', ''), 8)
    : undefined;
}
