import type { Context } from '../../resolve/context.ts';
import { entriesOf, isNull, type Node } from '../../text/node.ts';
import { scalarText } from '../../text/scalar.ts';
import type { Mark } from '../../text/source.ts';

/** One label (or variable) of a service that another proxy reads. */
export type Label = { readonly key: string; readonly parts: readonly string[]; readonly value: string; readonly mark: Mark };

/** Labels below one name, by their dotted paths in any case. It remembers what was asked for: the rest is reported. */
export class Labels {
  readonly #all: readonly Label[];
  readonly #asked = new Set<Label>();

  constructor(nodes: readonly (Node | undefined)[], isMine: (key: string) => boolean) {
    const found = new Map<string, Label>();
    for (const [key, { value, key: mark }] of nodes.flatMap(entriesOf)) {
      if (!isMine(key) || found.has(key.toLowerCase()) || value.kind !== 'scalar' || value.broken === true) continue;
      const text = isNull(value) ? '' : scalarText(value.value);
      found.set(key.toLowerCase(), { key, parts: key.split('.'), value: text.trim(), mark });
    }
    this.#all = [...found.values()];
  }

  get size(): number {
    return this.#all.length;
  }

  /** The label of a path. */
  get(...path: string[]): Label | undefined {
    const wanted = path.join('.').toLowerCase();
    const label = this.#all.find(({ key }) => key.toLowerCase() === wanted);
    if (label !== undefined) this.#asked.add(label);
    return label;
  }

  /** Every label at or below a path. */
  under(...path: string[]): readonly Label[] {
    const wanted = path.join('.').toLowerCase();
    const found = this.#all.filter(({ key }) => key.toLowerCase() === wanted || key.toLowerCase().startsWith(`${wanted}.`));
    for (const label of found) this.#asked.add(label);
    return found;
  }

  /** The names directly below a path, without asking for what they hold. */
  names(...path: string[]): readonly string[] {
    const names = this.#all.flatMap(({ parts }) => {
      const isBelow = path.every((part, i) => parts[i]?.toLowerCase() === part.toLowerCase());
      return isBelow && parts.length > path.length ? [(parts[path.length] ?? '').toLowerCase()] : [];
    });
    return [...new Set(names)];
  }

  /** What nobody asked for. */
  get unread(): readonly Label[] {
    return this.#all.filter((label) => !this.#asked.has(label));
  }
}

/** Says of a part of foreign routing that berth does not do it; with `--strict` that is an error. */
export function notTaken(context: Context, mark: Mark, message: string, hint = 'Write `x-berth.routes` instead.'): void {
  if (context.strict) context.problems.error(mark, message, { hint, code: 'STRICT' });
  else context.problems.warn(mark, message, { hint });
}

/** A foreign boolean. */
export function isOn(label: Label | undefined): boolean {
  return label !== undefined && /^(?:true|1|yes|on)$/i.test(label.value);
}

/** The parts of a list with commas. */
export function commaList(text: string): string[] {
  return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}
