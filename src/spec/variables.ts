import path from 'node:path';
import type { Problems } from './problem.ts';
import { absence, type Reader } from './reader.ts';
import { parseDotenv } from './text/dotenv.ts';
import { decodeText, type Mark, type Source } from './text/source.ts';
import type { Lookup } from './text/template.ts';
import { booleanOf } from './text/units.ts';

/** What variables come from besides env files, and how those are read. */
type VariablesInput = {
  /** The process environment. */
  readonly own?: Readonly<Record<string, string>>;
  /** Variables that win over these: those of the file that includes another one. */
  readonly outer?: Variables;
  readonly reader: Reader;
  readonly problems: Problems;
  readonly show: (file: string) => string;
};

/** The variables that fill the file, lowest layer first: `.env`, `.env.<env>`, the process environment. */
export class Variables {
  readonly #own: Readonly<Record<string, string>>;
  readonly #outer: Variables | undefined;
  readonly #defined = new Map<string, string>();
  readonly #files = new Map<string, { readonly value: string; readonly mark: Mark }>();
  readonly #reader: Reader;
  readonly #problems: Problems;
  readonly #show: (file: string) => string;
  readonly #seen = new Map<string, boolean>();
  /** The env files that were read. */
  readonly files: string[] = [];

  constructor(input: VariablesInput) {
    this.#own = input.own ?? {};
    this.#outer = input.outer;
    this.#reader = input.reader;
    this.#problems = input.problems;
    this.#show = input.show;
  }

  /** The value of a variable, or undefined when it is unset. */
  readonly get = (name: string): string | undefined => this.#above(name) ?? this.#files.get(name)?.value;

  /** Where the value of a variable is written: a place in an env file, or undefined for the process environment. */
  origin(name: string): Mark | undefined {
    if (this.#above(name) === undefined) return this.#files.get(name)?.mark;
    return Object.hasOwn(this.#own, name) ? undefined : this.#outer?.origin(name);
  }

  /** Sets a variable that nothing else may set. */
  define(name: string, value: string): void {
    this.#defined.set(name, value);
  }

  #above(name: string): string | undefined {
    const defined = this.#defined.get(name);
    if (defined !== undefined) return defined;
    return Object.hasOwn(this.#own, name) ? this.#own[name] : this.#outer?.get(name);
  }

  /** Whether `.env` is read without being named (`COMPOSE_DISABLE_ENV_FILE`). */
  get readsDefault(): boolean {
    return booleanOf(this.#own['COMPOSE_DISABLE_ENV_FILE']) !== true && this.#own['COMPOSE_DISABLE_ENV_FILE'] !== '1';
  }

  /** Reads one env file over the earlier ones; answers whether it is there. */
  async add(file: string, how: 'named' | 'optional' | 'below'): Promise<boolean> {
    const seen = this.#seen.get(file);
    if (seen !== undefined) return seen;
    const bytes = await this.#reader.read(file);
    this.#seen.set(file, bytes !== undefined);
    if (bytes === undefined) {
      if (how === 'named') {
        this.#problems.errors.push({
          code: 'FILE_NOT_FOUND',
          file: this.#show(file),
          message: `the env file (\`--env-file\`) ${await absence(this.#reader, file)}`,
        });
      }
      return false;
    }
    this.files.push(file);
    const values = readEnvText(file, bytes, {
      show: this.#show,
      problems: this.#problems,
      lookup: (name) => this.#above(name),
      earlier: this.get,
    });
    for (const [name, found] of values) if (how !== 'below' || !this.#files.has(name)) this.#files.set(name, found);
    return true;
  }
}

/** Decodes and parses an env file; what is wrong in it is collected with its place. */
export function readEnvText(
  file: string,
  bytes: Uint8Array,
  into: { readonly show: (file: string) => string; readonly problems: Problems; readonly lookup: Lookup; readonly earlier?: Lookup },
): ReadonlyMap<string, { readonly value: string; readonly mark: Mark }> {
  const decoded = decodeText(bytes);
  const source: Source = { file: into.show(path.resolve(file)), text: 'text' in decoded ? decoded.text : decoded.before };
  if ('problem' in decoded) {
    into.problems.error({ source, offset: source.text.length }, decoded.problem);
    return new Map();
  }
  const parsed = parseDotenv(decoded.text, into.lookup, into.earlier);
  for (const problem of parsed.problems) {
    into.problems.error(
      { source, offset: problem.offset },
      problem.message,
      problem.required === undefined ? {} : { code: 'VARIABLE_REQUIRED' },
    );
  }
  for (const { name, offset } of parsed.unset) into.problems.warn({ source, offset }, unsetMessage(name), unsetWords(name));
  return new Map([...parsed.values].map(([name, { value, offset }]) => [name, { value, mark: { source, offset } }]));
}

/** What is said once of a variable that is unset. */
export function unsetMessage(name: string): string {
  return `the variable \`${name}\` is not set; it became empty`;
}

/** The way out of an unset variable. */
export function unsetWords(name: string): { readonly hint: string; readonly rule: 'unset-variable' } {
  return { rule: 'unset-variable', hint: `Set it, or write \`\${${name}:-}\` where empty is meant.` };
}

/** What is said once of a variable that is unset, of a value inside `x-berth`. */
export function absentMessage(name: string): string {
  return `the variable \`${name}\` is not set; what a lower layer says here stays, and without one this is left out`;
}
