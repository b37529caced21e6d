import { list, map, scalar, type Entry, type Node } from './node.ts';
import { plainScalar } from './scalar.ts';
import type { Source } from './source.ts';

/** What the quick reader leaves to the whole parser. */
export class Unusual extends Error {}

const plainKey = /[A-Za-z_][\w.$/-]*/y;
/** Brackets in brackets that the quick reader follows. */
const maxDepth = 50;
/** A plain value never starts with one of these, nor with `-`, `?` or `:` before a space. */
const indicator = /[,[\]{}#&*!|>'"%@`]/;

type At = { readonly node: Node; readonly after: number };

/** Reads what stands on one line: keys, plain and quoted texts, `[lists]` and `{mappings}`. */
export class QuickInline {
  readonly #source: Source;
  readonly #text: string;
  #depth = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
  }

  /** The first place from `at` on that is neither a space nor a comment; `stop` when there is none. */
  skip(at: number, stop: number): number {
    let to = at;
    while (to < stop && this.#text.charCodeAt(to) === 32) to++;
    return to > at && this.#text.charAt(to) === '#' ? stop : to;
  }

  /** A key with its colon, or undefined when there is none here. */
  key(at: number, stop: number): { readonly text: string; readonly after: number } | undefined {
    const found = this.#keyText(at, stop);
    if (found === undefined || this.#text.charAt(found.after) !== ':') return undefined;
    const after = found.after + 1;
    return after >= stop || this.#text.charAt(after) === ' ' ? { text: found.text, after } : undefined;
  }

  #keyText(at: number, stop: number): { readonly text: string; readonly after: number } | undefined {
    const first = this.#text.charAt(at);
    if (first === '"' || first === "'") {
      const { node, after } = this.#quoted(at, stop, first);
      return node.kind === 'scalar' && typeof node.value === 'string' ? { text: node.value, after } : undefined;
    }
    plainKey.lastIndex = at;
    const text = plainKey.exec(this.#text)?.[0];
    if (text === undefined || at + text.length > stop) return undefined;
    if (typeof plainScalar(text) !== 'string') throw new Unusual();
    return { text, after: at + text.length };
  }

  /** The value that fills a line to its end, save a comment. */
  value(at: number, stop: number): Node {
    const first = this.#text.charAt(at);
    if (first === '"' || first === "'" || first === '[' || first === '{') {
      const { node, after } = this.#enclosed(at, stop, first);
      if (this.skip(after, stop) < stop) throw new Unusual();
      return node;
    }
    const rest = this.#text.slice(at, stop);
    const comment = rest.indexOf(' #');
    return this.#plain(at, (comment === -1 ? rest : rest.slice(0, comment)).trimEnd());
  }

  #plain(at: number, text: string): Node {
    const first = text.charAt(0);
    const isStart = text !== '' && !indicator.test(first) && !(/[-?:]/.test(first) && (text.length === 1 || text.charAt(1) === ' '));
    if (!isStart || text.includes(': ') || text.endsWith(':')) throw new Unusual();
    return scalar({ source: this.#source, offset: at }, plainScalar(text));
  }

  #enclosed(at: number, stop: number, first: string): At {
    if (first === '"' || first === "'") return this.#quoted(at, stop, first);
    if (++this.#depth > maxDepth) throw new Unusual();
    const made = first === '[' ? this.#list(at, stop) : this.#map(at, stop);
    this.#depth--;
    return made;
  }

  #quoted(at: number, stop: number, quote: string): At {
    const mark = { source: this.#source, offset: at };
    let end = at + 1;
    for (; end < stop; end++) {
      const letter = this.#text.charAt(end);
      if (letter === '\\' && quote === '"') end++;
      else if (letter === quote && quote === "'" && this.#text.charAt(end + 1) === "'") end++;
      else if (letter === quote) break;
    }
    if (end >= stop) throw new Unusual();
    const inside = this.#text.slice(at + 1, end);
    const value = quote === "'" ? inside.replaceAll("''", "'") : unescaped(inside);
    return { node: scalar(mark, value), after: end + 1 };
  }

  #list(at: number, stop: number): At {
    const items: Node[] = [];
    let to = this.#gap(at + 1, stop);
    while (this.#text.charAt(to) !== ']') {
      const { node, after } = this.#member(to, stop);
      items.push(node);
      to = this.#next(after, stop, ']');
    }
    return { node: list({ source: this.#source, offset: at }, items), after: to + 1 };
  }

  #map(at: number, stop: number): At {
    const entries = new Map<string, Entry>();
    let to = this.#gap(at + 1, stop);
    while (this.#text.charAt(to) !== '}') {
      const key = this.key(to, stop);
      if (key === undefined || entries.has(key.text) || key.text === '<<') throw new Unusual();
      const { node, after } = this.#member(this.#gap(key.after, stop), stop);
      entries.set(key.text, { key: { source: this.#source, offset: to }, value: node });
      to = this.#next(after, stop, '}');
    }
    return { node: map({ source: this.#source, offset: at }, entries), after: to + 1 };
  }

  /** One item of a list or value of a mapping in brackets. */
  #member(at: number, stop: number): At {
    const first = this.#text.charAt(at);
    if (first === '"' || first === "'" || first === '[' || first === '{') return this.#enclosed(at, stop, first);
    let end = at;
    while (end < stop && !/[,[\]{}#]/.test(this.#text.charAt(end))) end++;
    if (!/[,\]}]/.test(this.#text.charAt(end))) throw new Unusual();
    return { node: this.#plain(at, this.#text.slice(at, end).trimEnd()), after: end };
  }

  /** After a member: the place of the next one, or of the bracket that closes. A comma wants a member after it. */
  #next(at: number, stop: number, close: string): number {
    const to = this.#gap(at, stop);
    if (this.#text.charAt(to) === close) return to;
    if (this.#text.charAt(to) !== ',') throw new Unusual();
    const member = this.#gap(to + 1, stop);
    if (this.#text.charAt(member) === close) throw new Unusual();
    return member;
  }

  #gap(at: number, stop: number): number {
    let to = at;
    while (to < stop && this.#text.charCodeAt(to) === 32) to++;
    if (to >= stop) throw new Unusual();
    return to;
  }
}

/** A double-quoted text; escapes that JSON does not have are left to the whole parser. */
function unescaped(inside: string): string {
  if (!inside.includes('\\')) return inside;
  try {
    return String(JSON.parse(`"${inside}"`));
  } catch {
    throw new Unusual();
  }
}
