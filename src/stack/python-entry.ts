import type { FileTree } from '../ports/index.ts';

/** The object that a Python server serves: `app.main:app`, or a factory to call. */
export type Entry = {
  readonly framework: 'flask' | 'fastapi';
  readonly module: string;
  readonly object: string;
  readonly factory: boolean;
  /** Directory to import from, when it is not the root. */
  readonly directory: string | undefined;
  readonly file: string;
  readonly source: string;
};

const constructors = { flask: 'Flask', fastapi: 'FastAPI' } as const;
/** File names in the order in which they are believed. */
const preferred = ['main', 'app', 'wsgi', 'asgi', 'server', 'application', 'api', '__init__'];
const objects = ['app', 'application', 'api', 'server'];
const skipped = /^(?:\.|__pycache__$|venv$|env$|node_modules$|tests?$|migrations$|docs$|site-packages$|build$|dist$)/;

/** Finds the application object by reading the sources of the root and two levels of directories. */
export async function findPythonEntry(tree: FileTree, framework: Entry['framework']): Promise<Entry | undefined> {
  const files = await sources(tree, '.', 0);
  for (const file of files.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))) {
    const text = await tree.read(file);
    const found = text === undefined ? undefined : objectIn(text, framework);
    if (text !== undefined && found !== undefined)
      return { framework, ...found, ...(await moduleOf(tree, file, text)), file, source: text };
  }
  return undefined;
}

async function sources(tree: FileTree, directory: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await tree.list(directory)) {
    const path = directory === '.' ? entry.name : `${directory}/${entry.name}`;
    if (entry.kind === 'file' && entry.name.endsWith('.py')) found.push(path);
    if (entry.kind === 'directory' && depth < 2 && !skipped.test(entry.name)) found.push(...(await sources(tree, path, depth + 1)));
  }
  return found;
}

/** Near the root first, then the usual names: a `conftest.py` or a script never comes before `main.py`. */
function rank(file: string): number {
  const parts = file.split('/');
  const name = (parts.at(-1) ?? '').replace(/\.py$/, '');
  const place = preferred.indexOf(name);
  const odd = /^(?:test_|conftest|setup$|manage$)/.test(name) ? 1000 : 0;
  return odd + parts.length * 20 + (place === -1 ? preferred.length : place);
}

function objectIn(text: string, framework: Entry['framework']): { object: string; factory: boolean } | undefined {
  const constructor = constructors[framework];
  const names = [...text.matchAll(new RegExp(String.raw`^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?${constructor}\(`, 'gm'))].map(
    (match) => match[1] ?? '',
  );
  const called = /^(\w+)\s*=\s*(create_app|make_app|get_app|build_app)\(/m.exec(text)?.[1];
  const object = objects.find((name) => names.includes(name)) ?? names[0] ?? called;
  if (object !== undefined) return { object, factory: false };
  const factory = new RegExp(
    String.raw`^def (\w+)\(.*\)[^\n]*:\n(?:[ \t]+[^\n]*\n|\n)*?[ \t]+\w+\s*(?::[^=\n]+)?=\s*(?:\w+\.)?${constructor}\(`,
    'm',
  ).exec(text)?.[1];
  return factory === undefined ? undefined : { object: factory, factory: true };
}

/** `src/main.py` whose neighbours it imports plainly is run from `src`; a package is run by its dotted name. */
async function moduleOf(tree: FileTree, file: string, text: string): Promise<{ module: string; directory: string | undefined }> {
  const parts = file.replace(/\.py$/, '').split('/');
  const name = parts.at(-1) === '__init__' ? parts.slice(0, -1) : parts;
  if (parts.length === 1) return { module: parts[0] ?? '', directory: undefined };
  const directory = parts.slice(0, -1).join('/');
  const first = parts[0] ?? '';
  const isPackage = (await tree.read(`${directory}/__init__.py`)) !== undefined;
  const dotted = isPackage || new RegExp(String.raw`^\s*(?:from|import)\s+(?:\.|${first}\b)`, 'm').test(text);
  if (dotted)
    return first === 'src' && name.length > 1 && isPackage && (await tree.read('src/__init__.py')) === undefined
      ? { module: name.slice(1).join('.'), directory: 'src' }
      : { module: name.join('.'), directory: undefined };
  return { module: parts.at(-1) ?? '', directory };
}
