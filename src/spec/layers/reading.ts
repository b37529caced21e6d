import type { Problems } from '../problem.ts';
import { absence, type Reader } from '../reader.ts';
import type { Report } from '../text/interpolate.ts';
import type { MapNode, Node } from '../text/node.ts';
import { decodeText, type Mark, type Source } from '../text/source.ts';
import { parseYaml } from '../text/yaml-tree.ts';
import type { Variables } from '../variables.ts';

/** What one layer says: its part of the application, with short forms written out. */
export type Said = { readonly node: MapNode; readonly from: 'include' | 'extends' | 'file' | 'set' };

/** What reading the files of one application shares. */
export type Reading = {
  readonly reader: Reader;
  readonly problems: Problems;
  readonly report: Report;
  readonly show: (file: string) => string;
  readonly home: string | undefined;
  /** Files that were read, in that order. */
  readonly files: string[];
  /** Files of which nothing could be had, and services that could not be completed: what they lack is not said as well. */
  readonly unreadable: string[];
  /** Directories that relative paths of included and extended files start from. */
  readonly directories: Set<string>;
  /** What fills the variables of a source, where that is not what fills the others. */
  readonly variables: Map<Source, Variables>;
  /** Every layer, lowest first; only kept where somebody wants to know. */
  readonly said: Said[] | undefined;
  /** How many files were included so far, however often the same. */
  readonly counts: { includes: number };
  readonly parsed: Map<string, Promise<MapNode[] | undefined>>;
};

/** Some files that are laid one over the other: those of the application, or of one `include`. */
export type Model = {
  /** Absolute, lowest first. */
  readonly files: readonly string[];
  /** Layers above the files (`--set`). */
  readonly over?: readonly MapNode[];
  /** What relative paths start from. */
  readonly directory: string;
  readonly variables: Variables;
  /** The files whose `include` leads here. */
  readonly chain: readonly string[];
};

/** The documents of a file as mappings; undefined when it is not there. What is wrong with it is reported once. */
export function readLayers(file: string, reading: Reading): Promise<MapNode[] | undefined> {
  const known = reading.parsed.get(file);
  if (known !== undefined) return known;
  const made = readFile(file, reading);
  reading.parsed.set(file, made);
  return made;
}

async function readFile(file: string, reading: Reading): Promise<MapNode[] | undefined> {
  const bytes = await reading.reader.read(file);
  if (bytes === undefined) return undefined;
  reading.files.push(file);
  const nodes = parse(reading.show(file), bytes, reading.problems);
  if (nodes === undefined) reading.unreadable.push(file);
  return (nodes ?? []).flatMap((node) => {
    if (node.kind === 'map') return [node];
    reading.problems.error(node.mark, 'the file must be a mapping, with `services:` at its top');
    return [];
  });
}

function parse(file: string, bytes: Uint8Array, problems: Problems): Node[] | undefined {
  const decoded = decodeText(bytes);
  const source: Source = { file, text: 'text' in decoded ? decoded.text : decoded.before };
  if ('text' in decoded) return parseYaml(source, problems);
  problems.error({ source, offset: source.text.length }, decoded.problem);
  return undefined;
}

/** Reports a file that another one names and that is not there. */
export async function missingFile(mark: Mark, file: string, how: string, reading: Reading): Promise<void> {
  const problem = `the file ${reading.show(file)} (\`${how}\`) ${await absence(reading.reader, file)}`;
  reading.problems.error(mark, problem, { code: 'FILE_NOT_FOUND' });
  reading.unreadable.push(file);
}
