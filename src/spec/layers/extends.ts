import path from 'node:path';
import { didYouMean } from '../../kit/index.ts';
import { longForms } from '../canonical/canonical.ts';
import { absolutePath } from '../canonical/paths.ts';
import { extend, merge, settle } from '../merge.ts';
import { extension as extensionShape } from '../schema/include.ts';
import { interpolate } from '../text/interpolate.ts';
import { child, entriesOf, isNull, mapOf, withEntry, type Entry, type MapNode, type Node } from '../text/node.ts';
import type { Mark } from '../text/source.ts';
import type { Lookup } from '../text/template.ts';
import { fitsOrReports } from '../validate.ts';
import { missingFile, readLayers, type Reading } from './reading.ts';

/** Where services that are extended are looked for: one file, in which each service is worked out once. */
type Scope = {
  readonly file: string;
  /** What a path in `extends.file` starts from. */
  readonly directory: string;
  readonly services: ReadonlyMap<string, Entry>;
  readonly done: Map<string, Node>;
};

type Extending = { readonly lookup: Lookup; readonly scopes: Map<string, Promise<Scope | undefined>>; readonly reading: Reading };

type Step = { readonly file: string; readonly name: string };

/** A document in which every service that extends another one has what that one has. */
export async function withExtended(
  document: MapNode,
  at: { readonly file: string; readonly directory: string; readonly lookup: Lookup },
  reading: Reading,
): Promise<MapNode> {
  const services = document.entries.get('services')?.value;
  if (services?.kind !== 'map' || !entriesOf(services).some(([, { value }]) => child(value, 'extends') !== undefined)) return document;
  const scope: Scope = { file: at.file, directory: at.directory, services: services.entries, done: new Map() };
  const extending: Extending = { lookup: at.lookup, scopes: new Map(), reading };
  const entries = new Map<string, Entry>();
  for (const [name, entry] of services.entries) {
    entries.set(name, { key: entry.key, value: await complete(name, entry.value, { scope, chain: [] }, extending) });
  }
  return withEntry(document, 'services', { ...services, entries });
}

type At = { readonly scope: Scope; readonly chain: readonly Step[] };

async function complete(name: string, service: Node, at: At, extending: Extending): Promise<Node> {
  const known = at.scope.done.get(name);
  // Who wants to know of every layer meets each of them on the way.
  if (known !== undefined && extending.reading.said === undefined) return known;
  const made = service.kind === 'map' ? await extended(name, service, at, extending) : service;
  at.scope.done.set(name, made);
  return made;
}

async function extended(name: string, service: MapNode, at: At, extending: Extending): Promise<Node> {
  const written = service.entries.get('extends');
  if (written === undefined) return service;
  const own = withEntry(service, 'extends', undefined);
  const { problems } = extending.reading;
  if (isNull(written.value) || !fitsOrReports(written.value, extensionShape, `services.${name}.extends`, problems)) return own;
  const target = await findTarget(written.value, at, extending);
  if (target === undefined) return own;
  const chain = [...at.chain, { file: at.scope.file, name }];
  if (isCycle(target.mark, { file: target.scope.file, name: target.name }, chain, extending.reading)) return own;
  const base = settle(await complete(target.name, target.service, { scope: target.scope, chain }, extending));
  noteLayer(chain[0]?.name ?? name, target, extending);
  return isNull(base) ? own : extend(base, own, { service: name, problems });
}

type Target = { readonly scope: Scope; readonly name: string; readonly service: Node; readonly mark: Mark };

async function findTarget(written: Node, at: At, extending: Extending): Promise<Target | undefined> {
  const name = written.kind === 'map' ? child(written, 'service') : written;
  const file = child(written, 'file');
  if (name?.kind !== 'scalar' || typeof name.value !== 'string') return undefined;
  const isElsewhere = file?.kind === 'scalar' && typeof file.value === 'string' && file.value !== '';
  const scope = isElsewhere ? await scopeOf(String(file.value), file.mark, at, extending) : at.scope;
  if (scope === undefined) return undefined;
  const service = scope.services.get(name.value)?.value;
  if (service !== undefined) return { scope, name: name.value, service, mark: name.mark };
  const shown = extending.reading.show(scope.file);
  extending.reading.unreadable.push(scope.file);
  extending.reading.problems.error(name.mark, `there is no service \`${name.value}\` in ${shown} to extend`, {
    hint: didYouMean(name.value, scope.services.keys()),
  });
  return undefined;
}

async function scopeOf(written: string, mark: Mark, at: At, extending: Extending): Promise<Scope | undefined> {
  const { reading } = extending;
  const file = absolutePath(written, { directory: at.scope.directory, home: reading.home });
  if (file === at.scope.file) return at.scope;
  const known = extending.scopes.get(file) ?? readScope(file, extending);
  extending.scopes.set(file, known);
  const scope = await known;
  if (scope === undefined) await missingFile(mark, file, 'extends', reading);
  return scope;
}

/** The services of a file that is only extended, not part of the application, with paths from its own directory. */
async function readScope(file: string, { lookup, reading }: Extending): Promise<Scope | undefined> {
  const layers = await readLayers(file, reading);
  if (layers === undefined) return undefined;
  const directory = path.dirname(file);
  reading.directories.add(directory);
  let document: Node | undefined;
  for (const layer of layers) {
    const filled = interpolate(layer, lookup, reading.report);
    document = document === undefined ? filled : merge(document, filled, reading.problems);
  }
  const long = document?.kind === 'map' ? longForms(document, { directory, home: reading.home }) : undefined;
  const services = child(long, 'services');
  return { file, directory, services: services?.kind === 'map' ? services.entries : new Map(), done: new Map() };
}

function isCycle(mark: Mark, target: Step, chain: readonly Step[], reading: Reading): boolean {
  const from = chain.findIndex((step) => step.file === target.file && step.name === target.name);
  if (from === -1) return false;
  const steps = [...chain.slice(from), target];
  const isOneFile = steps.every((step) => step.file === target.file);
  reading.unreadable.push(target.file);
  const words = steps.map((step) => (isOneFile ? step.name : `${step.name} (${reading.show(step.file)})`));
  reading.problems.error(mark, `the services extend each other in a circle: ${words.join(' → ')}`);
  return true;
}

/** Remembers what the service at the start of a chain takes from one that it extends. */
function noteLayer(name: string, { scope, service }: Target, { reading }: Extending): void {
  if (reading.said === undefined || service.kind !== 'map') return;
  const own = withEntry(service, 'extends', undefined);
  const services = mapOf(service.mark, { [name]: own });
  const document = longForms(mapOf(service.mark, { services }), { directory: scope.directory, home: reading.home });
  reading.said.push({ node: document, from: 'extends' });
}
