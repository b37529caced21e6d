import path from 'node:path';
import { formatProblem, loadProject, type LoadInput, type LoadResult, type Problem, type Reader } from '../../src/spec/index.ts';
import { BerthError } from '../../src/errors/index.ts';

/** Where the files of a test lie. */
export const home = '/work/shop';

/** A reader over a map of paths (relative to {@link home} or absolute) to texts or bytes. */
export function readerOf(files: Readonly<Record<string, string | Uint8Array>>): Reader {
  const all = new Map(Object.entries(files).map(([name, content]) => [path.resolve(home, name), content]));
  const encode = (content: string | Uint8Array): Uint8Array => (typeof content === 'string' ? new TextEncoder().encode(content) : content);
  return {
    read: (file) => {
      const content = all.get(file);
      return Promise.resolve(content === undefined ? undefined : encode(content));
    },
    exists: (file) => Promise.resolve([...all.keys()].some((name) => name === file || name.startsWith(`${file}/`))),
    list: (directory) =>
      Promise.resolve([...all.keys()].filter((name) => path.dirname(name) === directory).map((name) => path.basename(name))),
  };
}

type Options = Partial<Omit<LoadInput, 'reader'>>;

/** Loads an application from texts. */
export function loadFiles(files: Readonly<Record<string, string | Uint8Array>>, options: Options = {}): Promise<LoadResult> {
  const standard = { directory: home, files: [], profiles: [], envFiles: [], variables: {}, strict: false };
  return loadProject({ ...standard, ...options, reader: readerOf(files) });
}

/** Loads one Compose file from its text. */
export function loadText(text: string, options: Options = {}): Promise<LoadResult> {
  return loadFiles({ 'compose.yaml': text }, options);
}

/** What a load that must fail says: every problem as people see it, or the one message there is. */
export async function failureOf(loading: Promise<LoadResult>): Promise<string> {
  try {
    await loading;
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    const problems = error.details['problems'];
    // The list is made by the loader itself; its form is what the tests are about.
    if (!Array.isArray(problems)) return [`${error.code}: ${error.message}`, ...(error.hint === undefined ? [] : [error.hint])].join('\n');
    return `${error.code}\n${(problems as Problem[]).map(formatProblem).join('\n')}`;
  }
  throw new Error('the load succeeded');
}
