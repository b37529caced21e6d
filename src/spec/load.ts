import path from 'node:path';
import type { BerthError } from '../errors/index.ts';
import type { Project } from '../model/index.ts';
import { canonical } from './canonical/canonical.ts';
import { checkEnvironment, discoverFiles, type Discovered } from './discover.ts';
import { merge, settle } from './merge.ts';
import { givenName, projectName } from './name.ts';
import { Problems, sortProblems, type Problem } from './problem.ts';
import type { Reader } from './reader.ts';
import { showPath } from './resolve/context.ts';
import { resolveProject } from './resolve/project.ts';
import { root } from './schema/root.ts';
import { setLayers } from './set.ts';
import { interpolate, type Unset } from './text/interpolate.ts';
import { map, type MapNode, type Node, type Plain } from './text/node.ts';
import { decodeText, type Source } from './text/source.ts';
import { parseYaml } from './text/yaml-tree.ts';
import { reportIdle } from './idle.ts';
import { validate } from './validate.ts';
import { unsetMessage, unsetWords, Variables } from './variables.ts';

/** What decides how an application is loaded. Nothing else does: no process variable, no working directory. */
export type LoadInput = {
  /** Where berth was started (or `-C`), absolute. */
  readonly directory: string;
  /** `-f`, in order. */
  readonly files: readonly string[];
  /** `-p`. */
  readonly projectName?: string | undefined;
  /** `-e`; when left out, the variable `BERTH_ENV`. */
  readonly environment?: string | undefined;
  /** `--profile`. */
  readonly profiles: readonly string[];
  /** `--env-file`. */
  readonly envFiles: readonly string[];
  /** `--set PATH=VALUE`. */
  readonly set?: readonly string[] | undefined;
  /** The process environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** `--strict`: a key without effect is an error. */
  readonly strict: boolean;
  readonly reader: Reader;
};

/** An application as it was loaded. */
export type LoadResult = {
  readonly project: Project;
  /** Bytes of secrets and configs, by SHA-256. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** The merged, interpolated document in Compose's own spelling, short forms written out. */
  readonly document: { readonly [key: string]: Plain };
  readonly warnings: readonly Problem[];
  /** Every file that was read as part of the application file, absolute: Compose files, then env files. */
  readonly sourceFiles: readonly string[];
};

/** Loads an application: finds its files, fills in variables, merges, checks and resolves. Throws one error that lists every problem. */
export async function loadProject(input: LoadInput): Promise<LoadResult> {
  const problems = new Problems();
  const show = (file: string): string => showPath(input.directory, file);
  const variables = new Variables(input.variables, { reader: input.reader, problems, show });
  const environment = input.environment ?? nonEmpty(input.variables['BERTH_ENV']);
  const found = await findFiles(input, { variables, environment, problems });
  const given = givenName(input.projectName, variables.get('COMPOSE_PROJECT_NAME'));
  const unset: Unset = new Map();
  const layers = await readLayers(found, input, { problems, show });
  // Nothing sensible can be said of an application of which a part could not be read.
  if (layers === undefined) throw problems.toError();
  const named = projectName(given, firstName(layers, variables), { directory: found.directory, problems });
  const lookup = (name: string): string | undefined => (name === 'COMPOSE_PROJECT_NAME' ? named : variables.get(name));
  const document = mergeLayers(layers, (node) => interpolate(node, lookup, { problems, unset }), problems);
  if (document === undefined) throw emptyOrBroken(problems, show(found.files[0] ?? found.directory));
  const idle = validate(document, root, problems);
  for (const [name, mark] of unset) problems.warn(mark, unsetMessage(name), unsetWords(name));
  reportIdle(idle, { problems, strict: input.strict });
  const base = { directory: found.directory, home: variables.get('HOME') };
  const result = await resolveProject(canonical(document, { ...base, name: named }), {
    problems,
    reader: input.reader,
    base,
    show,
    lookup,
    strict: input.strict,
    name: named,
    environment,
    profiles: chosenProfiles(input.profiles, variables.get('COMPOSE_PROFILES')),
  });
  problems.throwIfAny();
  return { ...result, warnings: sortProblems(problems.warnings), sourceFiles: [...found.files, ...variables.files] };
}

type Reading = { readonly problems: Problems; readonly show: (file: string) => string };

type Choosing = { readonly variables: Variables; readonly environment: string | undefined; readonly problems: Problems };

async function findFiles(input: LoadInput, { variables, environment, problems }: Choosing): Promise<Discovered> {
  const first = input.files[0];
  const start = first === undefined ? input.directory : path.dirname(path.resolve(input.directory, first));
  for (const file of input.envFiles) await variables.add(path.resolve(input.directory, file), 'named');
  const readsDefault = input.envFiles.length === 0 && variables.readsDefault;
  if (readsDefault) await variables.add(path.join(start, '.env'), 'optional');
  let hasVariables = environment !== undefined && (await variables.add(path.join(start, `.env.${environment}`), 'optional'));
  const found = await discoverFiles({
    directory: input.directory,
    files: input.files,
    environment,
    variables: variables.all(),
    reader: input.reader,
  });
  if (found.directory !== start) {
    if (environment !== undefined && (await variables.add(path.join(found.directory, `.env.${environment}`), 'below'))) hasVariables = true;
    if (readsDefault) await variables.add(path.join(found.directory, '.env'), 'below');
  }
  if (environment !== undefined) await checkEnvironment(found, { environment, hasVariables, reader: input.reader, problems });
  return found;
}

async function readLayers(found: Discovered, input: LoadInput, reading: Reading): Promise<MapNode[] | undefined> {
  const layers: MapNode[] = [];
  let unread = 0;
  for (const file of found.files) {
    const bytes = await input.reader.read(file);
    if (bytes === undefined) {
      const from = input.files.length > 0 ? '-f' : 'COMPOSE_FILE';
      reading.problems.errors.push({ code: 'FILE_NOT_FOUND', file: reading.show(file), message: `the file (\`${from}\`) does not exist` });
    }
    const nodes = bytes === undefined ? undefined : readYaml(reading.show(file), bytes, reading.problems);
    if (nodes === undefined) unread++;
    else layers.push(...nodes.flatMap((node) => topLevel(node, reading.problems)));
  }
  layers.push(...setLayers(input.set ?? [], reading.problems));
  return unread > 0 ? undefined : layers;
}

function readYaml(file: string, bytes: Uint8Array, problems: Problems): Node[] | undefined {
  const decoded = decodeText(bytes);
  const source: Source = { file, text: 'text' in decoded ? decoded.text : decoded.before };
  if ('text' in decoded) return parseYaml(source, problems);
  problems.error({ source, offset: source.text.length }, decoded.problem);
  return undefined;
}

function topLevel(node: Node, problems: Problems): MapNode[] {
  if (node.kind === 'map') return [node];
  problems.error(node.mark, 'the file must be a mapping, with `services:` at its top');
  return [];
}

/** The layer that names the project last, with the variables in its name filled in. */
function firstName(layers: readonly MapNode[], variables: Variables): Node {
  const written = layers.findLast((layer) => layer.entries.has('name'));
  if (written === undefined) return layers[0] ?? map({ source: { file: '', text: '' }, offset: 0 }, new Map());
  const quiet = { problems: new Problems(), unset: new Map() };
  const entry = written.entries.get('name');
  return entry === undefined
    ? written
    : map(written.mark, new Map([['name', { key: entry.key, value: interpolate(entry.value, variables.get, quiet) }]]));
}

function mergeLayers(layers: readonly MapNode[], fill: (node: Node) => Node, problems: Problems): MapNode | undefined {
  let document: Node | undefined;
  for (const layer of layers) {
    const filled = fill(layer);
    document = document === undefined ? settle(filled) : merge(document, filled, problems);
  }
  return document?.kind === 'map' ? document : undefined;
}

function emptyOrBroken(problems: Problems, file: string): BerthError {
  if (problems.errors.length === 0) {
    problems.errors.push({
      code: 'FILE_INVALID',
      file,
      line: 1,
      column: 1,
      message: 'the file is empty',
      hint: 'Run `berth init` to write one.',
    });
  }
  return problems.toError();
}

function chosenProfiles(flags: readonly string[], variable: string | undefined): readonly string[] {
  if (flags.length > 0) return flags;
  return (variable ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
