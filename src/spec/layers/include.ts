import path from 'node:path';
import { absolutePath, isRemoteContext } from '../canonical/paths.ts';
import { longForms } from '../canonical/canonical.ts';
import { include as includeShape } from '../schema/include.ts';
import { child, isNull, itemsOf, map, toPlain, withEntry, type Entry, type MapNode, type Node } from '../text/node.ts';
import { fitsOrReports } from '../validate.ts';
import { Variables } from '../variables.ts';
import { missingFile, readLayers, type Model, type Reading } from './reading.ts';

const sections = ['services', 'networks', 'volumes', 'secrets', 'configs', 'models', 'jobs'];

/** Twice as many as any application has; each may bring others again. */
const maxIncludes = 1000;

type Load = (model: Model, reading: Reading) => Promise<MapNode | undefined>;

type Including = { readonly reading: Reading; readonly load: Load };

/** A document with everything that its `include` brings; `include` itself is gone. `load` makes the document of files. */
export async function withIncluded(document: MapNode, model: Model, including: Including): Promise<MapNode> {
  const { reading } = including;
  const written = document.entries.get('include');
  if (written === undefined) return document;
  let result = withEntry(document, 'include', undefined);
  if (isNull(written.value) || !fitsOrReports(written.value, includeShape, 'include', reading.problems)) return result;
  await readAhead(itemsOf(written.value), model, reading);
  for (const item of itemsOf(written.value)) {
    const included = await loadIncluded(item, model, including);
    if (included !== undefined) result = withSections(result, included, { item, model }, reading);
  }
  return result;
}

/** Reads all files of a list at the same time, since waiting for each takes longer than working on it. */
async function readAhead(items: readonly Node[], model: Model, reading: Reading): Promise<void> {
  const paths = items.flatMap((item) => textsOf(item.kind === 'map' ? child(item, 'path') : item));
  const base = { directory: model.directory, home: reading.home };
  const files = paths.filter(({ text }) => !isRemoteContext(text)).map(({ text }) => absolutePath(text, base));
  await Promise.all(files.map((file) => reading.reader.read(file)));
}

async function loadIncluded(item: Node, model: Model, { reading, load }: Including): Promise<MapNode | undefined> {
  const paths = textsOf(item.kind === 'map' ? child(item, 'path') : item);
  const [first] = paths;
  if (first === undefined) {
    reading.problems.error(item.mark, 'an `include` needs the `path` of a file');
    return undefined;
  }
  if (isTooMany(item, reading)) return undefined;
  const base = { directory: model.directory, home: reading.home };
  const files: string[] = [];
  for (const { text, node } of paths) {
    const file = absolutePath(text, base);
    if (isRemoteContext(text)) {
      reading.problems.error(node.mark, `\`${text}\` is not a file of this machine; that is not built yet`, {
        hint: 'Fetch it first, and name the file.',
      });
      return undefined;
    }
    if (model.chain.includes(file)) {
      reportCycle(node, file, model, reading);
      return undefined;
    }
    if ((await readLayers(file, reading)) === undefined) {
      await missingFile(node.mark, file, 'include', reading);
      return undefined;
    }
    files.push(file);
  }
  const written = textsOf(item.kind === 'map' ? child(item, 'project_directory') : undefined)[0];
  const directory = written === undefined || written.text === '' ? path.dirname(files[0] ?? '') : absolutePath(written.text, base);
  reading.directories.add(directory);
  const variables = await variablesOf(item, { model, directory }, reading);
  const included = await load({ files, directory, variables, chain: model.chain }, reading);
  return included === undefined ? undefined : longForms(included, { directory, home: reading.home });
}

/** Files that include others twice multiply; what has more files than any application is refused, once. */
function isTooMany(item: Node, { counts, problems, unreadable }: Reading): boolean {
  if (++counts.includes <= maxIncludes) return false;
  if (counts.includes === maxIncludes + 1) {
    problems.error(item.mark, `files are included more than ${String(maxIncludes)} times`, {
      hint: 'Files that include others twice multiply; include each of them once.',
    });
    unreadable.push(item.mark.source.file);
  }
  return true;
}

/** The variables of an included file: those of the file that includes it, and below them those of its own env files. */
async function variablesOf(item: Node, at: { readonly model: Model; readonly directory: string }, reading: Reading): Promise<Variables> {
  const written = textsOf(item.kind === 'map' ? child(item, 'env_file') : undefined);
  const { model, directory } = at;
  const variables = new Variables({ outer: model.variables, reader: reading.reader, problems: reading.problems, show: reading.show });
  if (written.length === 0) await variables.add(path.join(directory, '.env'), 'optional');
  for (const { text, node } of written) {
    const file = absolutePath(text, { directory: model.directory, home: reading.home });
    if (file === '/dev/null' || (await variables.add(file, 'optional'))) continue;
    await missingFile(node.mark, file, 'env_file', reading);
  }
  reading.files.push(...variables.files);
  return variables;
}

function textsOf(node: Node | undefined): { readonly text: string; readonly node: Node }[] {
  const items = node?.kind === 'list' ? node.items : node === undefined ? [] : [node];
  return items.flatMap((each) => (each.kind === 'scalar' && typeof each.value === 'string' ? [{ text: each.value, node: each }] : []));
}

function reportCycle(node: Node, file: string, model: Model, reading: Reading): void {
  reading.unreadable.push(file);
  const cycle = [...model.chain.slice(model.chain.indexOf(file)), file].map(reading.show);
  reading.problems.error(node.mark, `the files include each other in a circle: ${cycle.join(' → ')}`);
}

type Where = { readonly item: Node; readonly model: Model };

/** A document with the sections of an included one. What both have must be the same. */
function withSections(document: MapNode, included: MapNode, where: Where, reading: Reading): MapNode {
  let result = document;
  for (const key of sections) {
    const theirs = included.entries.get(key);
    if (theirs === undefined || theirs.value.kind !== 'map') continue;
    const ours = result.entries.get(key)?.value;
    const entries = new Map<string, Entry>(ours?.kind === 'map' ? ours.entries : []);
    for (const [name, entry] of theirs.value.entries) {
      const own = entries.get(name);
      if (own === undefined) entries.set(name, entry);
      else if (!isSame(key, own, entry, { where, reading })) reportConflict(`${key}.${name}`, own, entry, { where, reading });
    }
    result = withEntry(result, key, map(ours?.mark ?? theirs.value.mark, entries), theirs.key);
  }
  const berth = included.entries.get('x-berth');
  if (berth !== undefined)
    reading.problems.warn(berth.key, '`x-berth` at the top of an included file has no effect', {
      rule: 'no-effect',
      hint: 'Write it in the file that includes this one.',
    });
  return result;
}

type At = { readonly where: Where; readonly reading: Reading };

function isSame(key: string, own: Entry, other: Entry, { where, reading }: At): boolean {
  const plain = (entry: Entry): string => {
    const document = map(entry.key, new Map([[key, { key: entry.key, value: map(entry.key, new Map([['it', entry]])) }]]));
    return JSON.stringify(sorted(toPlain(longForms(document, { directory: where.model.directory, home: reading.home }))));
  };
  return own.value === other.value || plain(own) === plain(other);
}

function sorted(plain: unknown): unknown {
  if (Array.isArray(plain)) return plain.map(sorted);
  if (typeof plain !== 'object' || plain === null) return plain;
  return Object.fromEntries(
    Object.entries(plain)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, sorted(value)]),
  );
}

function reportConflict(name: string, own: Entry, other: Entry, { reading }: At): void {
  const place = other.key.source.file;
  reading.problems.error(own.key, `\`${name}\` is also in ${place}, which this file includes, and the two differ`, {
    hint: 'To change what is included, write it in a file over this one (`compose.override.yaml`, `compose.<env>.yaml`, `-f`), or list the change under `include`: `path: [FILE, CHANGE]`.',
  });
}
