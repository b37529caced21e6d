import { Buffer } from 'node:buffer';

/** Shorter ones are in too many texts by chance, and would make these unreadable. */
const leastLength = 6;
const mask = '[secret]';

/**
 * Takes secret values out of texts that leave the server: as they are, as JSON, base64 and URLs write them, and each
 * line of those with several. Values that it does not know stay.
 */
export class Redactor {
  readonly #known = new Set<string>();
  readonly #structural: ReadonlySet<string>;
  /** Longest first: a value may hold another one. */
  #sorted: readonly string[] = [];

  /** Under `structural` keys data has words of the program itself, which stay even where a value is the same word. */
  constructor(structural: Iterable<string> = []) {
    this.#structural = new Set(structural);
  }

  /** Learns a value that must not be seen from now on. */
  learn(value: string | Uint8Array): void {
    const text = typeof value === 'string' ? value : Buffer.from(value).toString();
    const before = this.#known.size;
    for (const form of formsOf(text)) if (form.length >= leastLength) this.#known.add(form);
    if (this.#known.size > before) this.#sorted = [...this.#known].toSorted((a, b) => b.length - a.length);
  }

  text(text: string): string {
    let result = text;
    for (const value of this.#sorted) if (result.includes(value)) result = result.replaceAll(value, mask);
    return result;
  }

  /** A copy of plain data with the texts in it gone through. */
  data<T>(value: T): T {
    // Texts stay texts and nothing else changes, so the copy has the type of the original.
    return this.#sorted.length === 0 ? value : (this.#copy(value) as T);
  }

  #copy(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#copy(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#structural.has(key) ? item : this.#copy(item)]));
  }
}

function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const texts = [value, ...lines].filter((text) => text !== '');
  return texts.flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text.toWellFormed()),
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('base64url'),
  ]);
}
