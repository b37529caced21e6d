import type { Project, Service } from '../../model/index.ts';
import { checkContainerNames } from '../check/container-names.ts';
import { checkPorts } from '../check/ports.ts';
import { checkRoutes } from '../check/routes.ts';
import { child, entriesOf, map, withEntry, type Entry, type MapNode } from '../text/node.ts';
import { withArguments, withDockerfile } from './build.ts';
import type { Context } from './context.ts';
import { checkCycles } from './dependencies.ts';
import { withEnvironment } from './environment.ts';
import { textAt, textsAt } from './get.ts';
import { readContents } from './grants.ts';
import { gatherLinks } from './networks.ts';
import { PortChooser } from './ports.ts';
import { resolveNetworks, resolveVolumes } from './project-resources.ts';
import { resolveSecrets } from './secrets.ts';
import { resolveService } from './service.ts';

/** What a canonical document needs to become a project. */
export type ResolveInput = Omit<Context, 'document' | 'places' | 'marks' | 'leftOut' | 'inside'> & {
  readonly name: string;
  readonly environment: string | undefined;
  readonly profiles: readonly string[];
  /** Directories of included and extended files. */
  readonly directories: Iterable<string>;
};

/** The project of a canonical document, the bytes of its files, and the document in full. */
export type Resolved = {
  readonly project: Project;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly secretVariables: Readonly<Record<string, string>>;
  /** The document with all that env files, arguments and `x-berth` give. */
  readonly filled: MapNode;
  /** The canonical document, also with the services that are left out. */
  readonly whole: MapNode;
};

/** Turns a canonical document into the project; what is wrong is collected, never thrown. */
export async function resolveProject(document: MapNode, input: ResolveInput): Promise<Resolved> {
  const { chosen, leftOut } = chooseServices(document, input.profiles);
  const context: Context = {
    ...input,
    document: chosen,
    leftOut,
    places: {},
    marks: new Map(),
    inside: [...projectDirectories(document, input.base.directory), ...input.directories],
  };
  const filled = await fillServices(chosen, context);
  const full: Context = { ...context, document: filled };
  const entries = entriesOf(child(filled, 'services'));
  const written = child(document, 'services');
  if (entries.length === 0 && leftOut.size === 0 && (written === undefined || written.kind === 'map')) {
    input.problems.error(document.mark, 'the file has no services', { hint: 'Write at least one under `services:`.' });
  }
  const contents = await readContents(
    entries.map(([, entry]) => entry.value),
    full,
  );
  const shared = { contents, ports: new PortChooser(full), links: gatherLinks(full), projectBerth: child(filled, 'x-berth') };
  const services: Service[] = [];
  for (const [name, entry] of entries) if (entry.value.kind === 'map') services.push(await resolveService(name, entry, shared, full));
  checkCycles(full, new Map(services.map((service) => [service.name, service.dependsOn])));
  checkPorts(services, full);
  checkRoutes(services, full);
  checkContainerNames(services, full);
  const { variables: secretVariables, ...secrets } = resolveSecrets(services, full);
  const project: Project = {
    name: input.name,
    directory: input.base.directory,
    ...(input.environment === undefined ? {} : { environment: input.environment }),
    services,
    networks: resolveNetworks(services, full),
    volumes: resolveVolumes(services, full),
    ...secrets,
    places: full.places,
  };
  const complete = withProvided(filled, document, leftOut);
  return { project, files: contents.files, secretVariables, filled: complete, whole: document };
}

/** Keeps the services without a profile, and those with a chosen one; one made by a provider has no containers. */
function chooseServices(
  document: MapNode,
  profiles: readonly string[],
): { readonly chosen: MapNode; readonly leftOut: Map<string, string> } {
  const services = document.entries.get('services')?.value;
  const leftOut = new Map<string, string>();
  if (services?.kind !== 'map') return { chosen: document, leftOut };
  const kept = new Map<string, Entry>();
  for (const [name, entry] of services.entries) {
    const own = textsAt(entry.value, 'profiles') ?? [];
    const [first] = own;
    if (first !== undefined && !profiles.includes('*') && !own.some((profile) => profiles.includes(profile))) leftOut.set(name, first);
    else if (child(entry.value, 'provider') !== undefined) leftOut.set(name, 'provider');
    else kept.set(name, entry);
  }
  return { chosen: withEntry(document, 'services', map(services.mark, kept)), leftOut };
}

/** The document with the services that something else provides: they have no containers, but belong to the file. */
function withProvided(filled: MapNode, document: MapNode, leftOut: ReadonlyMap<string, string>): MapNode {
  const services = filled.entries.get('services')?.value;
  if (services?.kind !== 'map' || ![...leftOut.values()].includes('provider')) return filled;
  const entries = new Map(services.entries);
  for (const [name, entry] of entriesOf(child(document, 'services'))) if (leftOut.get(name) === 'provider') entries.set(name, entry);
  return withEntry(filled, 'services', { ...services, entries });
}

function projectDirectories(document: MapNode, directory: string): string[] {
  const contexts = entriesOf(child(document, 'services')).flatMap(([, { value }]) => textAt(value, 'build', 'context') ?? []);
  return [directory, ...contexts];
}

async function fillServices(document: MapNode, context: Context): Promise<MapNode> {
  const services = document.entries.get('services')?.value;
  if (services?.kind !== 'map') return document;
  const filled = new Map<string, Entry>();
  for (const [name, entry] of services.entries) {
    const value =
      entry.value.kind === 'map'
        ? await withDockerfile(withArguments(await withEnvironment(entry.value, context), context), context)
        : entry.value;
    filled.set(name, { key: entry.key, value });
  }
  return withEntry(document, 'services', map(services.mark, filled));
}
