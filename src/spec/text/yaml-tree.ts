import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Alias, type Document, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Problems } from '../problem.ts';
import { plainScalar } from './scalar.ts';
import { quickYaml } from './quick-yaml.ts';
import { list, map, scalar, type Entry, type MapNode, type Node, type Tag } from './node.ts';
import type { Mark, Source } from './source.ts';

/** More values than any real application has; what exceeds it is an alias bomb or a mistake. */
const maxValues = 500_000;
const maxDepth = 200;
/** Mappings whose keys are numbers by nature (statuses of HTTP), and are taken as text. */
const numberKeyed: ReadonlySet<string> = new Set(['errorPages']);

/** YAML's own error codes in words that name the way out. */
const syntax: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab is used for indentation; YAML wants spaces',
  BAD_INDENT: 'the indentation does not fit the lines around it, or a bracket is not closed',
  MISSING_CHAR: 'something is missing here: a quote, a bracket or a comma',
  BLOCK_AS_IMPLICIT_KEY: 'a nested mapping cannot start on this line; is a quote or a line break missing?',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line; is a `:` missing?',
  UNEXPECTED_TOKEN: 'this is not expected here',
  BAD_SCALAR_START: 'a plain value cannot start with this character; quote it',
  BAD_ALIAS: 'this alias is not valid',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
};

/**
 * Reads a YAML text into nodes, one for each document in it that is not empty. Problems are collected, never thrown;
 * undefined when the text is not YAML at all.
 */
export function parseYaml(source: Source, problems: Problems): Node[] | undefined {
  const quick = quickYaml(source);
  return quick === undefined ? parseWhole(source, problems) : [quick];
}

/** The same with all of YAML, which takes ten times as long. */
export function parseWhole(source: Source, problems: Problems): Node[] | undefined {
  let documents: readonly Document.Parsed[];
  try {
    const parsed = parseAllDocuments(source.text, { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, stringKeys: false });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    // The parser is recursive: only absurd nesting exhausts the stack.
    if (!(error instanceof RangeError)) throw error;
    problems.error({ source, offset: 0 }, 'the file is nested too deeply');
    return undefined;
  }
  const nodes: Node[] = [];
  for (const document of documents) {
    if (document.errors.length > 0) {
      reportSyntax(source, document.errors, problems);
      return undefined;
    }
    const node = new Converter(source, document, problems).run();
    if (node !== undefined) nodes.push(node);
  }
  return nodes;
}

/** One fault makes the parser stumble on; only the first few places help, and of each line the first. */
function reportSyntax(source: Source, errors: Document.Parsed['errors'], problems: Problems): void {
  const end = source.text.trimEnd().length;
  const exhausted = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  const lines = new Set<number>();
  for (const error of exhausted === undefined ? errors.slice(0, 3) : [exhausted]) {
    // What is missing at the end of the file is best shown on its last line.
    const offset = Math.max(0, Math.min(error.pos[0], end - 1));
    const line = source.text.lastIndexOf('\n', offset - 1) + 1;
    if (lines.has(line)) continue;
    lines.add(line);
    const variable = variableAt(source.text, { line, offset });
    if (variable === undefined) problems.error({ source, offset }, `the YAML is not valid: ${syntax[error.code] ?? error.message}`);
    else problems.error({ source, offset: variable.offset }, unquoted, { hint: `Write "${variable.text}".` });
  }
}

const unquoted = 'the YAML is not valid: a value with `${…}` must be quoted inside `{…}` and `[…]`, where braces mean something';

/** The variable whose brace the parser took for one of its own; lines may have no end, so it is looked for nearby. */
function variableAt(text: string, at: { readonly line: number; readonly offset: number }): { text: string; offset: number } | undefined {
  const start = Math.max(at.line, at.offset - 200);
  const near = text.slice(start, at.offset + 200).split('\n', 1)[0] ?? '';
  for (const found of near.matchAll(/[^\s,[\]{}"']*\$\{[^}]*\}[^\s,[\]{}"']*/g)) {
    const offset = start + found.index;
    if (offset <= at.offset && at.offset <= offset + found[0].length) return { text: found[0], offset };
  }
  return undefined;
}

function isAbsent(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return isScalar(value) && value.source === '' && value.type === 'PLAIN' && value.tag === undefined && value.anchor === undefined;
}

/** Turns one parsed document into nodes: anchors are shared, merge keys (`<<`) are applied, scalars get their values. */
class Converter {
  readonly #source: Source;
  readonly #document: Document.Parsed;
  readonly #problems: Problems;
  readonly #done = new Map<object, Node>();
  readonly #anchors = new Map<string, object>();
  /** How many values a node stands for once every alias in it is written out. */
  readonly #sizes = new Map<Node, number>();
  readonly #open = new Set<object>();
  /** Mappings that may have numbers as keys. */
  readonly #numberKeyed = new Set<unknown>();

  constructor(source: Source, document: Document.Parsed, problems: Problems) {
    this.#source = source;
    this.#document = document;
    this.#problems = problems;
  }

  run(): Node | undefined {
    const { contents } = this.#document;
    if (contents === null) return undefined;
    const node = this.#convert(contents, 0);
    return node?.kind === 'scalar' && node.value === null ? undefined : node;
  }

  #mark(node: unknown): Mark {
    const range = typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? node.range : [0];
    const offset: unknown = range[0];
    return { source: this.#source, offset: typeof offset === 'number' ? offset : 0 };
  }

  #convert(node: unknown, depth: number): Node | undefined {
    const mark = this.#mark(node);
    if (depth > maxDepth) {
      this.#problems.error(mark, `the file is nested more than ${String(maxDepth)} levels deep`);
      return undefined;
    }
    if (isAlias(node)) return this.#alias(node, mark);
    if (node === null || node === undefined) return scalar(mark, null);
    if (typeof node !== 'object') return scalar(mark, null);
    if ('anchor' in node && typeof node.anchor === 'string') this.#anchors.set(node.anchor, node);
    const tag = this.#tag(node, mark);
    this.#open.add(node);
    const made = this.#bare(node, mark, depth);
    this.#open.delete(node);
    if (made === undefined) return undefined;
    const tagged = tag === undefined ? made : { ...made, tag };
    const result = this.#isBomb(tagged, mark) ? { ...scalar(mark, null), broken: true } : tagged;
    this.#done.set(node, result);
    return result;
  }

  #bare(node: object, mark: Mark, depth: number): Node | undefined {
    if (isScalar(node)) {
      const text = typeof node.value === 'string' ? node.value : '';
      const asText = node.type !== 'PLAIN' || node.tag === 'tag:yaml.org,2002:str' || node.tag === '!';
      return scalar(mark, asText ? text : plainScalar(text));
    }
    if (isSeq(node)) return this.#list(node, mark, depth);
    if (isMap(node)) return this.#map(node, mark, depth);
    return undefined;
  }

  #tag(node: object, mark: Mark): Tag | undefined {
    const tag = 'tag' in node && typeof node.tag === 'string' ? node.tag : undefined;
    if (tag === undefined || tag === '!' || tag.startsWith('tag:yaml.org,2002:')) return undefined;
    if (tag === '!reset') return 'reset';
    if (tag === '!override') return 'override';
    this.#problems.error(mark, `the tag \`${tag}\` is not known`, { hint: 'Compose knows `!reset` and `!override`.' });
    return undefined;
  }

  #alias(alias: Alias, mark: Mark): Node | undefined {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      this.#problems.error(mark, `the alias \`*${alias.source}\` has no anchor \`&${alias.source}\` before it`);
      return undefined;
    }
    if (this.#open.has(target)) {
      this.#problems.error(mark, `the alias \`*${alias.source}\` contains itself`);
      return undefined;
    }
    return this.#done.get(target);
  }

  #list(node: YAMLSeq, mark: Mark, depth: number): Node {
    const items: Node[] = [];
    for (const item of node.items) {
      const made = this.#convert(item, depth + 1);
      if (made !== undefined && made.tag !== 'reset') items.push(made);
    }
    return list(mark, items);
  }

  #map(node: YAMLMap, mark: Mark, depth: number): Node {
    const entries = new Map<string, Entry>();
    const merged: MapNode[] = [];
    for (const pair of node.items) {
      const key = this.#key(pair, this.#numberKeyed.has(node));
      if (key === undefined) continue;
      if (numberKeyed.has(key.text)) this.#numberKeyed.add(pair.value);
      // A value that is not written lies where its key does.
      const value = isAbsent(pair.value) ? scalar(key.mark, null) : this.#convert(pair.value, depth + 1);
      if (value === undefined) continue;
      if (key.text === '<<' && key.plain) {
        merged.push(...this.#mergeSources(value));
        continue;
      }
      const earlier = entries.get(key.text);
      if (earlier !== undefined) this.#duplicate(key, earlier);
      entries.set(key.text, { key: key.mark, value });
    }
    for (const source of merged) {
      for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
    }
    return map(mark, entries);
  }

  #duplicate(key: { text: string; mark: Mark }, earlier: Entry): void {
    const line = earlier.key.source.text.slice(0, earlier.key.offset).split('\n').length;
    this.#problems.error(key.mark, `the key \`${key.text}\` is written twice in one mapping; the first is on line ${String(line)}`);
  }

  #key(pair: Pair, mayBeNumber: boolean): { text: string; mark: Mark; plain: boolean } | undefined {
    const mark = this.#mark(pair.key);
    if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
      this.#problems.error(mark, 'a key must be plain text');
      return undefined;
    }
    const text = pair.key.value;
    const plain = pair.key.type === 'PLAIN';
    if (plain && typeof plainScalar(text) !== 'string' && !(mayBeNumber && /^\d+$/.test(text))) {
      this.#problems.error(mark, `the key \`${text}\` is not text`, { hint: `Quote it: "${text}".` });
      return undefined;
    }
    return { text, mark, plain };
  }

  #mergeSources(value: Node): MapNode[] {
    const sources = value.kind === 'list' ? value.items : [value];
    return sources.flatMap((source) => {
      if (source.kind === 'map') return [source];
      this.#problems.error(source.mark, 'the merge key `<<` wants a mapping or a list of mappings');
      return [];
    });
  }

  /** Counts what a node stands for, and says when that is too much. */
  #isBomb(node: Node, mark: Mark): boolean {
    let size = 1;
    if (node.kind === 'list') for (const item of node.items) size += this.#sizes.get(item) ?? 1;
    if (node.kind === 'map') for (const entry of node.entries.values()) size += this.#sizes.get(entry.value) ?? 1;
    this.#sizes.set(node, size);
    if (size <= maxValues) return false;
    this.#problems.error(mark, `this stands for more than ${String(maxValues)} values`, {
      hint: 'Aliases of aliases multiply; write out what is meant.',
    });
    return true;
  }
}
