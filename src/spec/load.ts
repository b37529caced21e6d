import { BerthError } from '../errors/index.ts';
import type { Project } from '../model/index.ts';
import { canonical } from './canonical/canonical.ts';
import { explainDocument, type Explained } from './explain.ts';
import { reportIdle } from './idle.ts';
import { reportAbsent, findFiles, layersOf } from './layers/find.ts';
import { loadModel } from './layers/model.ts';
import type { Reading } from './layers/reading.ts';
import { withReferences } from './layers/refer.ts';
import { givenName, projectName } from './name.ts';
import { plainDocument } from './plain-document.ts';
import { Problems, sortProblems, type Problem } from './problem.ts';
import { readOnce, type Reader } from './reader.ts';
import { showPath } from './resolve/context.ts';
import { resolveProject } from './resolve/project.ts';
import { root } from './schema/root.ts';
import { reportSlips, setLayers } from './set.ts';
import { interpolate, quietReport } from './text/interpolate.ts';
import { map, type MapNode, type Node, type Plain } from './text/node.ts';
import type { Source } from './text/source.ts';
import { validate } from './validate.ts';
import { absentMessage, unsetMessage, unsetWords, Variables } from './variables.ts';

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
  /** Whether the origin of each value is worked out, which takes longer. */
  readonly explain?: boolean;
  readonly reader: Reader;
};

/** An application as it was loaded. */
export type LoadResult = {
  readonly project: Project;
  /** Bytes of secrets and configs, by SHA-256. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Values of the variables that secrets, and the credentials for Vault, are taken from. */
  readonly secretVariables: Readonly<Record<string, string>>;
  /** The merged, interpolated document in Compose's own spelling, short forms written out. */
  readonly document: { readonly [key: string]: Plain };
  readonly warnings: readonly Problem[];
  /** Every file that was read as part of the application file, absolute: Compose files, then env files. */
  readonly sourceFiles: readonly string[];
  /** Where each value comes from, when that was asked for. */
  readonly explained?: readonly Explained[];
};

/** Loads an application: finds its files, fills in variables, merges, checks and resolves. Throws one error that lists every problem. */
export async function loadProject(input: LoadInput): Promise<LoadResult> {
  return (await loadInFull(input)).loaded;
}

/** What a load learns on its way to the result, every value with its place. */
export type Learned = {
  /** The services of this load, with their env files and arguments filled in. */
  readonly filled: MapNode;
  /** The same with the services whose profile is not chosen. */
  readonly whole: MapNode;
  readonly reading: Reading;
  readonly variablesOf: (source: Source) => Variables;
};

/** Loads an application as {@link loadProject} does, and answers with it what was learned on the way. */
export async function loadInFull(input: LoadInput): Promise<{ readonly loaded: LoadResult; readonly learned: Learned }> {
  try {
    return await loadWhole(input);
  } catch (error) {
    // Only what is nested, or refers to other things, thousands of levels deep exhausts the stack.
    if (!(error instanceof RangeError)) throw error;
    throw new BerthError(
      'FILE_INVALID',
      'The application file cannot be read: it is nested, or refers from one thing to the next, too deeply.',
      {
        hint: 'Write it flatter: shorter chains of `depends_on`, `extends` and `${config:…}`.',
        cause: error,
      },
    );
  }
}

async function loadWhole(input: LoadInput): Promise<{ readonly loaded: LoadResult; readonly learned: Learned }> {
  const problems = new Problems();
  const show = (file: string): string => showPath(input.directory, file);
  const reader = readOnce(input.reader);
  const variables = new Variables({ own: input.variables, reader, problems, show });
  const reading = newReading({ ...input, reader }, { problems, show, home: variables.get('HOME') });
  const found = await findFiles(input, variables, reading);
  const given = givenName(input.projectName, variables.get('COMPOSE_PROJECT_NAME'));
  const over = setLayers(input.set ?? [], problems);
  // Nothing sensible can be said of an application of which a part could not be read.
  await reportAbsent(found, reading);
  if (problems.errors.some(({ code }) => code === 'FILE_NOT_FOUND') || reading.unreadable.length > 0) throw problems.toError();
  const named = projectName(given, firstName([...(await layersOf(found, reading)), ...over], variables), {
    directory: found.directory,
    problems,
  });
  variables.define('COMPOSE_PROJECT_NAME', named);
  const merged = await loadModel({ files: found.files, over, directory: found.directory, variables, chain: [] }, reading);
  if (merged === undefined) throw emptyOrBroken(problems, show(found.files[0] ?? found.directory));
  if (over.length > 0) reportSlips(merged, problems);
  const base = { directory: found.directory, home: variables.get('HOME') };
  const document = withReferences(merged, base, problems);
  const idle = validate(document, root, problems);
  if (reading.unreadable.length > 0) throw problems.toError();
  for (const [name, mark] of reading.report.unset) problems.warn(mark, unsetMessage(name), unsetWords(name));
  for (const [name, mark] of reading.report.absent)
    problems.warn(mark, absentMessage(name), { rule: 'unset-variable', hint: `Set it, or write \`\${${name}:-VALUE}\`.` });
  reportIdle(idle, { problems, strict: input.strict });
  const result = await resolveProject(canonical(document, { ...base, name: named }), {
    problems,
    reader,
    base,
    show,
    lookup: variables.get,
    lookupAt: (mark) => (reading.variables.get(mark.source) ?? variables).get,
    directories: reading.directories,
    strict: input.strict,
    name: named,
    environment: found.environment,
    profiles: chosenProfiles(input.profiles, variables.get('COMPOSE_PROFILES')),
  });
  problems.throwIfAny();
  const { project, files, secretVariables, filled, whole } = result;
  let plain: LoadResult['document'] | undefined;
  const loaded = {
    project,
    files,
    secretVariables,
    // Only who prints it pays for it.
    get document() {
      return (plain ??= plainDocument(filled));
    },
    warnings: sortProblems(problems.warnings),
    sourceFiles: [...reading.files, ...variables.files],
  };
  const variablesOf = (source: Source): Variables => reading.variables.get(source) ?? variables;
  const learned = { filled, whole, reading, variablesOf };
  if (reading.said === undefined) return { loaded, learned };
  const explained = explainDocument(filled, { said: reading.said, templates: reading.report.templates, variablesOf });
  return { loaded: { ...loaded, explained }, learned };
}

function newReading(input: LoadInput, at: Pick<Reading, 'problems' | 'show' | 'home'>): Reading {
  return {
    ...at,
    reader: input.reader,
    report: quietReport(at.problems),
    files: [],
    unreadable: [],
    directories: new Set(),
    variables: new Map(),
    said: input.explain === true ? [] : undefined,
    counts: { includes: 0 },
    parsed: new Map(),
  };
}

/** The layer that names the project last, with the variables in its name filled in. */
function firstName(layers: readonly MapNode[], variables: Variables): Node {
  const written = layers.findLast((layer) => layer.entries.has('name'));
  if (written === undefined) return layers[0] ?? map({ source: { file: '', text: '' }, offset: 0 }, new Map());
  const entry = written.entries.get('name');
  const named = map(written.mark, new Map(entry === undefined ? [] : [['name', entry]]));
  return interpolate(named, variables.get, quietReport(new Problems()));
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
