import type { FileTree } from '../ports/index.ts';
import { commandOf, logsIn, textsIn, type SourceLog, type SourceText } from './source-texts.ts';

/** What a source tree wants from its environment, and what it decides itself that the environment had better. */
type SourceFacts = {
  /** Read without a default, each at its first place (`src/server.js:12`). */
  readonly reads: readonly { readonly name: string; readonly place: string }[];
  /** Set by the tree's own Dockerfile. */
  readonly sets: readonly string[];
  readonly texts: readonly SourceText[];
  readonly logs: readonly SourceLog[];
  /** The command of the tree's own Dockerfile. */
  readonly command?: string;
};

type Read = { readonly name: string; readonly index: number; readonly hasDefault: boolean };

/** More source than this is not looked through; the first files still are. */
const maxFiles = 2000;
const maxCharacters = 500_000;
const maxTexts = 20_000;

const skipped =
  /^(?:node_modules|bower_components|vendor|dist|build|out|coverage|venv|env|site-packages|__pycache__|__tests__|tests?|e2e|examples?|docs?|fixtures)$|^\./;
const tests = /\.(?:test|spec|stories|config|d)\.[cm]?[jt]sx?$|(?:^|\/)(?:test_\w+|\w+_test|conftest|setup)\.py$/;

/** Finds what JavaScript, TypeScript and Python sources read, hold and write, as far as their text plainly says so. */
export async function readSource(tree: FileTree): Promise<SourceFacts> {
  const places = new Map<string, string>();
  const defaults = new Set<string>();
  const texts: SourceText[] = [];
  const logs: SourceLog[] = [];
  for await (const path of sourceFiles(tree)) {
    const text = await tree.read(path);
    if (text === undefined || text.length > maxCharacters) continue;
    const placeOf = (index: number): string => `${path}:${lineOf(text, index)}`;
    for (const read of path.endsWith('.py') ? pythonReads(text) : nodeReads(text)) {
      if (read.hasDefault) defaults.add(read.name);
      else if (!places.has(read.name)) places.set(read.name, placeOf(read.index));
    }
    if (texts.length < maxTexts) for (const { index, ...each } of textsIn(text)) texts.push({ ...each, place: placeOf(index) });
    for (const { index, file } of logsIn(text)) logs.push({ file, place: placeOf(index) });
  }
  const reads = [...places].flatMap(([name, place]) => (defaults.has(name) ? [] : [{ name, place }]));
  const dockerfile = (await tree.read('Dockerfile')) ?? '';
  const command = commandOf(dockerfile);
  return { reads, sets: setByDockerfile(dockerfile), texts, logs, ...(command === undefined ? {} : { command }) };
}

async function* sourceFiles(tree: FileTree): AsyncGenerator<string> {
  const open = ['.'];
  let left = maxFiles;
  for (let directory = open.shift(); directory !== undefined; directory = open.shift()) {
    for (const { name, kind } of await tree.list(directory)) {
      const path = directory === '.' ? name : `${directory}/${name}`;
      if (kind === 'directory' && !skipped.test(name)) open.push(path);
      if (kind !== 'file' || !/\.(?:[cm]?[jt]sx?|py)$/.test(name) || tests.test(path)) continue;
      if (left-- === 0) return;
      yield path;
    }
  }
}

const nodeRead = /\bprocess\.env(?:\??\.([A-Za-z_]\w*)|(?:\?\.)?\[\s*['"`]([A-Za-z_]\w*)['"`]\s*\])/g;
const nodeDestructured = /\{([^{}]*)\}\s*=\s*process\.env\b(?!\s*[.[])/g;

function* nodeReads(text: string): Generator<Read> {
  for (const found of text.matchAll(nodeRead)) {
    const name = found[1] ?? found[2];
    if (name === undefined || isComment(text, found.index)) continue;
    const after = text.slice(found.index + found[0].length, found.index + found[0].length + 40);
    // A default, a question whether it is there, a comparison or an assignment: its absence was thought of.
    const isThought =
      /^\s*\)?\s*(?:\|\||\?\?|\?(?!\.\w+\()|\?\.|&&|[!=]==?|=(?!=)|,\s*['"\d])/.test(after) ||
      /(?:!|typeof\s|delete\s|\bif\s*\()\s*$/.test(text.slice(0, found.index));
    yield { name, index: found.index, hasDefault: isThought };
  }
  for (const found of text.matchAll(nodeDestructured)) {
    for (const part of (found[1] ?? '').split(',')) {
      const name = /^\s*([A-Za-z_]\w*)/.exec(part)?.[1];
      if (name !== undefined) yield { name, index: found.index, hasDefault: part.includes('=') };
    }
  }
}

const pythonItem = /\benviron\[\s*['"]([A-Za-z_]\w*)['"]\s*\]/g;
const pythonCall = /\b(?:getenv|environ\.get)\(\s*['"]([A-Za-z_]\w*)['"]\s*(\)|,)/g;

function* pythonReads(text: string): Generator<Read> {
  for (const found of text.matchAll(pythonItem)) {
    const after = text.slice(found.index + found[0].length, found.index + found[0].length + 10);
    const isSet = /^\s*=(?!=)/.test(after) || /\bdel\s+(?:os\.)?$/.test(text.slice(0, found.index));
    if (found[1] !== undefined && !isComment(text, found.index)) yield { name: found[1], index: found.index, hasDefault: isSet };
  }
  for (const found of text.matchAll(pythonCall)) {
    const after = text.slice(found.index + found[0].length, found.index + found[0].length + 20);
    const isThought = found[2] === ',' || /^\s*(?:or\b|is\b|==|!=|in\b|:|\)?\s*(?:is|or)\b)/.test(after);
    if (found[1] !== undefined && !isComment(text, found.index)) yield { name: found[1], index: found.index, hasDefault: isThought };
  }
}

function isComment(text: string, index: number): boolean {
  const start = text.lastIndexOf('\n', index - 1) + 1;
  return /^\s*(?:\/\/|\*|\/\*|#)/.test(text.slice(start, index));
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function setByDockerfile(text: string): string[] {
  const lines = text.replaceAll(/\\\r?\n/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const rest = /^\s*(?:ENV|ARG)\s+(.*)$/i.exec(line)?.[1];
    if (rest === undefined) return [];
    const named = [...rest.matchAll(/(?:^|\s)([A-Za-z_]\w*)=/g)].flatMap(([, name]) => name ?? []);
    return named.length > 0 ? named : (/^[A-Za-z_]\w*/.exec(rest)?.slice(0, 1) ?? []);
  });
}
