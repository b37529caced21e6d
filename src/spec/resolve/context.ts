import path from 'node:path';
import type { Base } from '../canonical/paths.ts';
import type { Problems } from '../problem.ts';
import type { Reader } from '../reader.ts';
import { entriesOf, type Entry, type Node } from '../text/node.ts';
import { placeText, type Mark } from '../text/source.ts';
import type { Lookup } from '../text/template.ts';

/** What turning a checked document into a project needs besides the document. */
export type Context = {
  readonly problems: Problems;
  readonly reader: Reader;
  readonly base: Base;
  /** A path as messages show it. */
  readonly show: (file: string) => string;
  readonly lookup: Lookup;
  /** What fills variables where a value is written: an included file may have env files of its own. */
  readonly lookupAt: (mark: Mark) => Lookup;
  /** The canonical document, without the services that are left out. */
  readonly document: Node;
  /** Services that are not part of this load: by name a profile that would choose it, or `provider`. */
  readonly leftOut: ReadonlyMap<string, string>;
  readonly places: Record<string, string>;
  /** The same places for problems that are found later in the load. */
  readonly marks: Map<string, Mark>;
  /** What has no effect, or is not understood, is an error. */
  readonly strict: boolean;
  /** Directories that belong to the project: its own, those of included and extended files, and its build contexts. */
  readonly inside: readonly string[];
};

/** Remembers where a value was written, for errors found later than the file. */
export function notePlace(context: Context, name: string, mark: Mark): void {
  context.places[name] = placeText(mark);
  context.marks.set(name, mark);
}

/** Remembers where a key of a mapping was written: its value, or the key itself when the value is more than one line may hold. */
export function notePlaceOf(context: Context, name: string, entry: Entry | undefined): void {
  if (entry !== undefined) notePlace(context, name, entry.value.kind === 'scalar' ? entry.value.mark : entry.key);
}

/** The entries of a top-level section. */
export function section(document: Node, key: string): readonly (readonly [string, Entry])[] {
  return document.kind === 'map' ? entriesOf(document.entries.get(key)?.value) : [];
}

/** A path as the user would write it: relative to where berth was started when it lies below. */
export function showPath(from: string, file: string): string {
  const relative = path.relative(from, file);
  if (relative === '') return '.';
  return relative.split('/').filter((part) => part === '..').length > 3 ? file : relative;
}
