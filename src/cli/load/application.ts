import { basename, join } from 'node:path';
import { BerthError } from '../../errors/index.ts';
import {
  checkProject,
  loadProject,
  type Checked,
  type LoadInput,
  type LoadResult,
  type Reader,
  type ReadSource,
} from '../../spec/index.ts';
import type { Detection } from '../../stack/index.ts';
import type { Context } from '../context.ts';
import { problemText } from '../render/error.ts';
import type { Files } from '../world.ts';

/** A loaded application, and the stack that it was made from when there is no Compose file. */
export type Application = LoadResult & { readonly detection?: Detection };

/** What a verb wants beyond the command line: another environment, or where each value comes from. */
type LoadMore = Partial<Pick<LoadInput, 'environment' | 'explain'>>;

/** The application of this command line. Without a Compose file it is made from the detected stack, and nothing is written. */
export async function loadApplication(context: Context, more: LoadMore = {}): Promise<Application> {
  const { result, detection } = await loading({ ...toLoadInput(context), ...more }, context, loadProject);
  return detection === undefined ? result : { ...result, detection };
}

/** What would fail or hurt if the application of this command line were deployed. */
export async function checkApplication(context: Context): Promise<Checked> {
  const stack = await import('../../stack/index.ts');
  const readSource: ReadSource = async (directory) => stack.readSource(await context.world.sources.tree(directory));
  // What `--strict` refuses elsewhere is a finding here, beside all others.
  const input = { ...toLoadInput(context), strict: false };
  return (await loading(input, context, (each) => checkProject(each, readSource))).result;
}

/** Does something with the application file; without one, with what the detected stack makes of the source. */
async function loading<T>(
  input: LoadInput,
  context: Context,
  load: (input: LoadInput) => Promise<T>,
): Promise<{ readonly result: T; readonly detection?: Detection }> {
  try {
    return { result: await load(input) };
  } catch (error) {
    if (!isWithoutFile(error, input)) throw error;
    if (!(await context.world.files.exists(input.directory)))
      throw new BerthError('USAGE', `There is no directory ${input.directory}.`, { hint: 'Name one that is there with `-C DIR`.' });
    const { composeDraft, detectStack } = await import('../../stack/index.ts');
    const detection = await detectStack(await context.world.sources.tree(input.directory));
    if (detection === undefined) throw withoutStack(error, input.directory);
    const reader = withDraft(input.reader, input.directory, composeDraft(detection, nameOf(input.directory)));
    return { result: await load({ ...input, reader }), detection };
  }
}

/** Says on stderr what was found in place of a file, and each warning once, with its place. */
export function sayFindings(context: Context, { detection, warnings }: Application): void {
  if (detection !== undefined) {
    context.say(`no Compose file: ${detection.stack} ${detection.version} on port ${detection.port}; \`berth init\` writes the file`);
  }
  for (const warning of warnings) context.say(`${context.err.yellow('warning:')} ${problemText(warning, context.err)}`);
}

function toLoadInput({ globals, directory, world }: Context): LoadInput {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(world.env)) if (value !== undefined) variables[name] = value;
  return {
    directory,
    files: globals.file,
    projectName: globals.project,
    environment: globals.env,
    profiles: globals.profile,
    envFiles: globals['env-file'],
    set: globals.set,
    variables,
    strict: globals.strict,
    reader: toReader(world.files),
  };
}

function toReader(files: Files): Reader {
  return {
    read: (path) => files.read(path),
    exists: (path) => files.exists(path),
    realpath: (path) => files.realPath(path),
    list: (path) => files.list(path),
  };
}

/** Whether no Compose file was found at all: a file that is named and missing is a problem with a place, or was asked for. */
function isWithoutFile(error: unknown, input: LoadInput): error is BerthError {
  return (
    error instanceof BerthError && error.code === 'FILE_NOT_FOUND' && error.details['problems'] === undefined && input.files.length === 0
  );
}

function withoutStack(error: BerthError, directory: string): BerthError {
  return new BerthError(error.code, `${error.message} Its source is of no stack that berth can start by itself either.`, {
    hint: `Write a compose.yaml in ${directory}, or go to the directory of the application (\`-C DIR\`).`,
    cause: error,
  });
}

/** A reader that also has the Compose file which `berth init` would write. */
function withDraft(reader: Reader, directory: string, draft: string): Reader {
  const file = join(directory, 'compose.yaml');
  const text = new TextEncoder().encode(draft);
  return {
    ...reader,
    read: (path) => (path === file ? Promise.resolve(text) : reader.read(path)),
    exists: async (path) => path === file || (await reader.exists?.(path)) === true,
  };
}

/** The name of an app after its directory, in the letters that a name may have. */
export function nameOf(directory: string): string {
  const name = basename(directory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
  return name === '' ? 'app' : name;
}
