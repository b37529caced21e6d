import path from 'node:path';
import { absence } from '../reader.ts';
import { parseRawEnv } from '../text/dotenv.ts';
import { child, entriesOf, isNull, itemsOf, map, scalar, withEntry, type Entry, type MapNode, type Node } from '../text/node.ts';
import { scalarText } from '../text/scalar.ts';
import { decodeText, type Mark, type Source } from '../text/source.ts';
import { readEnvText } from '../variables.ts';
import { berthVariables, toggleVariables } from './berth-environment.ts';
import type { Context } from './context.ts';
import { booleanAt, textAt } from './get.ts';
import { secretVariables } from './secret-nodes.ts';

/** A service with `env_file` and `label_file` read into `environment` and `labels`, and variables without a value filled in. */
export async function withEnvironment(service: MapNode, context: Context): Promise<MapNode> {
  return withLabels(await withVariables(service, context), context);
}

async function withVariables(service: MapNode, context: Context): Promise<MapNode> {
  const written = child(service, 'environment');
  const files = child(service, 'env_file');
  const toggles = toggleVariables(context);
  const over = berthVariables(service, context);
  if (written === undefined && files === undefined && toggles.size === 0 && over.size === 0) return service;
  const own = new Map<string, Entry>();
  for (const [name, entry] of entriesOf(written)) own.set(name, { key: entry.key, value: inherited(name, entry.value, context) });
  const entries = new Map<string, Entry>(toggles);
  for (const file of itemsOf(files)) {
    for (const [name, { value, mark }] of await readEnvFile(file, entries, context)) {
      entries.set(name, { key: mark, value: scalar(mark, value) });
    }
  }
  for (const [name, entry] of [...own, ...over]) entries.set(name, entry);
  for (const name of Object.keys(secretVariables(service) ?? {})) entries.delete(name);
  return withEntry(withEntry(service, 'env_file', undefined), 'environment', map(written?.mark ?? service.mark, entries), service.mark);
}

function inherited(name: string, value: Node, context: Context): Node {
  if (!isNull(value)) return value.kind === 'scalar' && value.broken !== true ? { ...value, value: scalarText(value.value) } : value;
  const found = context.lookupAt(value.mark)(name);
  return found === undefined ? value : scalar(value.mark, found);
}

type EnvValues = ReadonlyMap<string, { readonly value: string; readonly mark: Mark }>;

async function readEnvFile(item: Node, before: ReadonlyMap<string, Entry>, context: Context): Promise<EnvValues> {
  const file = textAt(item, 'path');
  if (file === undefined) return new Map();
  const mark = child(item, 'path')?.mark ?? item.mark;
  const bytes = await context.reader.read(file);
  if (bytes === undefined) {
    if (booleanAt(item, 'required') !== false) await missing(mark, 'env file', file, context);
    return new Map();
  }
  const earlier = (name: string): string | undefined => textAt(before.get(name)?.value);
  // As in Compose, what an earlier env file says wins over the process environment, and that over the file itself.
  const lookup = (name: string): string | undefined => earlier(name) ?? context.lookup(name);
  if (textAt(item, 'format') !== 'raw') return readEnvText(file, bytes, { show: context.show, problems: context.problems, lookup });
  const decoded = decodeText(bytes);
  if ('text' in decoded) {
    const source: Source = { file: context.show(file), text: decoded.text };
    return new Map([...parseRawEnv(decoded.text, lookup)].map(([name, { value, offset }]) => [name, { value, mark: { source, offset } }]));
  }
  context.problems.error(mark, `the env file ${context.show(file)} cannot be read: ${decoded.problem}`);
  return new Map();
}

async function withLabels(service: MapNode, context: Context): Promise<MapNode> {
  const files = child(service, 'label_file');
  if (files === undefined) return service;
  const written = child(service, 'labels');
  const entries = new Map<string, Entry>();
  for (const file of itemsOf(files)) {
    const name = file.kind === 'scalar' && typeof file.value === 'string' ? path.resolve(file.value) : undefined;
    if (name === undefined) continue;
    const bytes = await context.reader.read(name);
    if (bytes === undefined) {
      await missing(file.mark, 'label file', name, context);
      continue;
    }
    const lookup = (key: string): string | undefined => {
      const entry = entries.get(key)?.value;
      return entry?.kind === 'scalar' ? scalarText(entry.value) : undefined;
    };
    for (const [key, { value, mark }] of readEnvText(name, bytes, { show: context.show, problems: context.problems, lookup })) {
      entries.set(key, { key: mark, value: scalar(mark, value) });
    }
  }
  for (const [key, entry] of entriesOf(written)) entries.set(key, entry);
  return withEntry(withEntry(service, 'label_file', undefined), 'labels', map(written?.mark ?? service.mark, entries), service.mark);
}

/** Reports a file that the application file names and that is not there. */
export async function missing(mark: Mark, what: string, file: string, context: Context): Promise<void> {
  const problem = `the ${what} ${context.show(file)} ${await absence(context.reader, file)}`;
  context.problems.error(mark, problem, { code: 'FILE_NOT_FOUND' });
}
