import type { Problems } from './problem.ts';
import type { Idle } from './validate.ts';

/** Says once of each key that it has no effect, at its first place; with `--strict` that is an error. */
export function reportIdle(idle: Idle, to: { readonly problems: Problems; readonly strict: boolean }): void {
  for (const { how, places } of idle.values()) {
    const [first, ...more] = places;
    if (first === undefined) continue;
    const others = more.slice(0, 3).map((place) => `\`${place.path}\``);
    const rest = more.length > 3 ? ` and ${String(more.length - 3)} more` : '';
    const also = more.length === 0 ? '' : ` (also ${others.join(', ')}${rest})`;
    const message = `\`${first.path}\` has no effect${also}`;
    if (to.strict) to.problems.error(first.mark, message, { code: 'STRICT', rule: 'no-effect', hint: how });
    else to.problems.warn(first.mark, message, { rule: 'no-effect', hint: how });
  }
}
