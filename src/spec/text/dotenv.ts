import { fillTemplate, type Lookup } from './template.ts';

/** What is wrong in an env file, as an offset into its text. */
export type DotenvProblem = { readonly offset: number; readonly message: string; readonly required?: string };

/** A variable of an env file, and where it is written. */
export type DotenvValue = { readonly value: string; readonly offset: number };

/** Variables in the order of the file, and what could not be read. */
export type Dotenv = {
  readonly values: ReadonlyMap<string, DotenvValue>;
  readonly unset: readonly { readonly name: string; readonly offset: number }[];
  readonly problems: readonly DotenvProblem[];
};

const blank = /\s/;
const nameCharacter = /[\p{L}\p{N}_.\-[\]]/u;
const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/**
 * Reads an env file as Compose does: `export`, comments, quotes over several lines, `KEY` alone, variables inside. Those
 * come from `lookup`, else from the file so far, else from `earlier` files.
 */
export function parseDotenv(text: string, lookup: Lookup, earlier: Lookup = () => undefined): Dotenv {
  return new Reader(text, lookup, earlier).run();
}

class Reader {
  readonly #text: string;
  readonly #lookup: Lookup;
  readonly #earlier: Lookup;
  readonly #values = new Map<string, DotenvValue>();
  readonly #unset: { name: string; offset: number }[] = [];
  readonly #problems: DotenvProblem[] = [];
  #at = 0;

  constructor(text: string, lookup: Lookup, earlier: Lookup) {
    this.#text = text;
    this.#lookup = lookup;
    this.#earlier = earlier;
  }

  run(): Dotenv {
    for (;;) {
      this.#skipToStatement();
      if (this.#at >= this.#text.length) break;
      this.#statement();
    }
    return { values: this.#values, unset: this.#unset, problems: this.#problems };
  }

  #skipToStatement(): void {
    while (this.#at < this.#text.length) {
      const character = this.#text.charAt(this.#at);
      if (character === '#') this.#at = this.#lineEnd();
      else if (blank.test(character)) this.#at++;
      else return;
    }
  }

  #lineEnd(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end === -1 ? this.#text.length : end;
  }

  #statement(): void {
    const lineEnd = this.#lineEnd();
    const exported = /^export[^\S\n]+/.exec(this.#text.slice(this.#at, lineEnd));
    if (exported !== null) this.#at += exported[0].length;
    const start = this.#at;
    const name = this.#name(lineEnd);
    if (name === undefined) {
      this.#at = lineEnd;
      return;
    }
    if (this.#at >= lineEnd) {
      const inherited = this.#lookup(name) ?? this.#earlier(name);
      if (inherited !== undefined) this.#values.set(name, { value: inherited, offset: start });
      return;
    }
    this.#at++;
    while (this.#at < lineEnd && blank.test(this.#text.charAt(this.#at))) this.#at++;
    const value = this.#value(start);
    if (value !== undefined) this.#values.set(name, { value, offset: start });
  }

  /** Reads up to `=` or `:` or the end of the line; leaves the position there. */
  #name(lineEnd: number): string | undefined {
    const start = this.#at;
    for (; this.#at < lineEnd; this.#at++) {
      const character = this.#text.charAt(this.#at);
      if (character === '=' || character === ':') break;
      if (nameCharacter.test(character) || blank.test(character)) continue;
      const line = this.#text.slice(start, lineEnd).trimEnd();
      this.#problems.push({
        offset: this.#at,
        message: `the character \`${character}\` cannot be in the name of a variable (\`${line}\`)`,
      });
      return undefined;
    }
    const name = this.#text.slice(start, this.#at).trimEnd();
    if (name.includes(' ')) {
      this.#problems.push({ offset: start, message: `the name of a variable cannot contain a space (\`${name}\`)` });
      return undefined;
    }
    if (name === '') {
      this.#problems.push({ offset: start, message: 'the name of a variable is missing before `=`' });
      return undefined;
    }
    return name;
  }

  #value(start: number): string | undefined {
    const quote = this.#text.charAt(this.#at);
    if (quote === '"' || quote === "'") return this.#quoted(quote, start);
    const end = this.#lineEnd();
    const raw = this.#text.slice(this.#at, end);
    this.#at = end;
    const comment = raw.indexOf(' #');
    return this.#expand((comment === -1 ? raw : raw.slice(0, comment)).trimEnd(), start);
  }

  #quoted(quote: string, start: number): string | undefined {
    let value = '';
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const character = this.#text.charAt(at);
      if (character === quote) {
        this.#at = at + 1;
        return quote === '"' ? this.#expand(unescapeDouble(value), start) : value;
      }
      if (character !== '\\') {
        value += character;
        continue;
      }
      at++;
      const next = this.#text.charAt(at);
      value += next === quote ? next : `\\${next}`;
    }
    this.#problems.push({ offset: this.#at, message: `the quote \`${quote}\` that opens this value is never closed` });
    this.#at = this.#text.length;
    return undefined;
  }

  #expand(value: string, offset: number): string | undefined {
    const filled = fillTemplate(value, (name) => this.#lookup(name) ?? this.#values.get(name)?.value ?? this.#earlier(name));
    if (!filled.ok) {
      this.#problems.push({ offset, message: filled.message, ...(filled.required === undefined ? {} : { required: filled.required }) });
      return undefined;
    }
    for (const name of filled.unset) this.#unset.push({ name, offset });
    return filled.value;
  }
}

/** The escapes of a double-quoted value; `\$` becomes the template's own `$$`. */
function unescapeDouble(value: string): string {
  return value.replaceAll(/\\([abcfnrtv$"\\]|0\d{0,3})/g, (whole, code: string) => {
    if (code === '$') return '$$';
    if (code.startsWith('0')) {
      const digits = code.slice(1);
      return /^[0-7]{3}$/.test(digits) && Number.parseInt(digits, 8) < 256 ? String.fromCharCode(Number.parseInt(digits, 8)) : whole;
    }
    return escapes[code] ?? whole;
  });
}

/** The `raw` format of an env file: `KEY=value` lines taken as they are; `KEY` alone is inherited. */
export function parseRawEnv(text: string, lookup: Lookup): ReadonlyMap<string, DotenvValue> {
  const values = new Map<string, DotenvValue>();
  for (const { 0: line, index: offset } of text.matchAll(/[^\n]+/g)) {
    const trimmed = line.replace(/\r$/, '').trimStart();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const equals = trimmed.indexOf('=');
    const name = equals === -1 ? trimmed.trimEnd() : trimmed.slice(0, equals);
    const value = equals === -1 ? lookup(name) : trimmed.slice(equals + 1);
    if (value !== undefined) values.set(name, { value, offset });
  }
  return values;
}
