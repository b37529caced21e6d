import type { Service } from '../../model/index.ts';
import type { Problem } from '../problem.ts';
import type { MapNode, Node } from '../text/node.ts';
import type { Mark, Source } from '../text/source.ts';
import type { Lookup } from '../text/template.ts';

/** How bad it is: it will fail, it may hurt, or it is worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** What a rule found: where, what, and the way out where it is another than the rule's own. */
export type Found = { readonly mark: Mark; readonly message: string; readonly hint?: string };

/** What is said of a rule, in findings and in the docs. */
export type RuleWords = {
  readonly id: string;
  readonly severity: Severity;
  /** What it finds, as one sentence. */
  readonly finds: string;
  /** What happens to somebody who leaves it so. */
  readonly why: string;
  /** What to do about it. */
  readonly fix: string;
};

/** A rule about an application that could be loaded. */
export type Rule = RuleWords & { readonly find: (facts: Facts) => Iterable<Found> };

/** A rule about what loading itself says, whether it succeeded or not. */
export type LoadRule = RuleWords & { readonly takes: (problem: Problem, from: 'errors' | 'warnings') => boolean };

/** A service as it was written and as it was understood. */
export type ServiceFacts = {
  readonly name: string;
  /** Where its name is written. */
  readonly mark: Mark;
  readonly node: Node;
  readonly model: Service;
  /** Others wait for it to end: it is a job. */
  readonly isJob: boolean;
};

/** What the source of a service reads from its environment, and what it decides itself (`readSource` of the stack). */
export type SourceFacts = {
  /** Variables that are read without a default, each at its first place (`src/server.js:12`). */
  readonly reads: readonly { readonly name: string; readonly place: string }[];
  /** Variables that the image sets itself. */
  readonly sets: readonly string[];
  /** Texts with the name that they are assigned to; `idle` ones are in a comment, or a default. */
  readonly texts?: readonly { readonly name: string; readonly text: string; readonly place: string; readonly idle: boolean }[];
  /** Files that it writes its log to. */
  readonly logs?: readonly { readonly file: string; readonly place: string }[];
  /** What the Dockerfile starts. */
  readonly command?: string;
};

/** Everything that rules look at. */
export type Facts = {
  readonly services: readonly ServiceFacts[];
  /** The services of this load, complete. */
  readonly document: MapNode;
  /** Every service, also those whose profile is not chosen. */
  readonly whole: MapNode;
  /** The files as they are written, variables not filled in. */
  readonly written: readonly MapNode[];
  /** The Compose files; what a mark says of another source comes from an env file. */
  readonly sources: ReadonlySet<Source>;
  /** What a value was before its variables were filled in. */
  readonly templates: ReadonlyMap<Mark, string>;
  readonly lookupAt: (mark: Mark) => Lookup;
  /** By the directory that a service is built from. */
  readonly sourceFacts: ReadonlyMap<string, SourceFacts>;
  /** Paths of the machine that are mounted and are not there. */
  readonly missingPaths: ReadonlySet<string>;
};
