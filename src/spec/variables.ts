import path from 'node:path';
import type { Problems } from './problem.ts';
import type { Reader } from './reader.ts';
import { parseDotenv } from './text/dotenv.ts';
import { decodeText, type Source } from './text/source.ts';
import type { Lookup } from './text/template.ts';
import { booleanOf } from './text/units.ts';

/** The variables that fill the file, lowest layer first: `.env`, `.env.<env>`, the process environment. */
export class Variables {
  readonly #own: Readonly<Record<string, string>>;
  readonly #files: Record<string, string> = {};
  readonly #reader: Reader;
  readonly #problems: Problems;
  readonly #show: (file: string) => string;
  readonly #seen = new Map<string, boolean>();
  /** The env files that were read. */
  readonly files: string[] = [];

  constructor(own: Readonly<Record<string, string>>, with_: { reader: Reader; problems: Problems; show: (file: string) => string }) {
    this.#own = own;
    this.#reader = with_.reader;
    this.#problems = with_.problems;
    this.#show = with_.show;
  }

  /** The value of a variable, or undefined when it is unset. */
  readonly get = (name: string): string | undefined => {
    if (Object.hasOwn(this.#own, name)) return this.#own[name];
    return Object.hasOwn(this.#files, name) ? this.#files[name] : undefined;
  };

  /** Every variable, for what must enumerate them. */
  all(): Readonly<Record<string, string>> {
    return { ...this.#files, ...this.#own };
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
          message: 'the env file (`--env-file`) does not exist',
        });
      }
      return false;
    }
    this.files.push(file);
    const values = readEnvText(file, bytes, {
      show: this.#show,
      problems: this.#problems,
      lookup: (name) => (Object.hasOwn(this.#own, name) ? this.#own[name] : undefined),
      earlier: this.get,
    });
    for (const [name, value] of Object.entries(values)) {
      if (how === 'below' && Object.hasOwn(this.#files, name)) continue;
      this.#files[name] = value;
    }
    return true;
  }
}

/** Decodes and parses an env file; what is wrong in it is collected with its place. */
export function readEnvText(
  file: string,
  bytes: Uint8Array,
  into: { readonly show: (file: string) => string; readonly problems: Problems; readonly lookup: Lookup; readonly earlier?: Lookup },
): Readonly<Record<string, string>> {
  const decoded = decodeText(bytes);
  const source: Source = { file: into.show(path.resolve(file)), text: 'text' in decoded ? decoded.text : decoded.before };
  if ('problem' in decoded) {
    into.problems.error({ source, offset: source.text.length }, decoded.problem);
    return {};
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
  return parsed.values;
}

/** What is said once of a variable that is unset. */
export function unsetMessage(name: string): string {
  return `the variable \`${name}\` is not set; it became empty`;
}

/** The way out of an unset variable. */
export function unsetWords(name: string): { readonly hint: string } {
  return { hint: `Set it, or write \`\${${name}:-}\` where empty is meant.` };
}
