import { child, type Node, type ScalarNode } from '../../text/node.ts';
import type { Facts, Found, Rule } from '../rule.ts';
import { textsOf } from '../values.ts';

const truth = /^(?:yes|no|on|off)$/i;
const sixties = /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Values that YAML 1.1 and 1.2 read differently. */
export const ambiguousValue: Rule = {
  id: 'ambiguous-value',
  severity: 'warning',
  finds:
    '`on`, `off`, `yes`, `no`, or a number such as `22:22`, is not quoted; or a variable, label or argument is a number that arrives as another text, such as `0644` or `1.10`.',
  why: 'YAML 1.1 reads a boolean, or a number to the base of 60 (`22:22` is 1342); YAML 1.2, Compose and berth read text. Other tools that read the file differ. Where text is wanted, a number is written anew: `0644` arrives as `420`, `1.10` as `1.1`.',
  fix: 'Quote it.',
  *find(facts) {
    yield* rewritten(facts);
    const seen = new Set<Node>();
    for (const file of facts.written) {
      for (const node of scalarsOf(file, seen)) {
        const { value, mark } = node;
        if (typeof value !== 'string' || !mark.source.text.startsWith(value, mark.offset)) continue;
        const kind = truth.test(value) ? 'a boolean' : sixties.test(value) ? 'a number to the base of 60' : undefined;
        if (kind !== undefined)
          yield { mark, message: `\`${value}\` is text here, but ${kind} for YAML 1.1`, hint: `Quote it: "${value}".` };
      }
    }
  },
};

/** Numbers that a container, an image or a build gets in another form than the one that is written. */
function* rewritten({ services, sources }: Facts): Generator<Found> {
  for (const { node } of services) {
    for (const path of [['environment'], ['labels'], ['annotations'], ['build', 'args'], ['build', 'labels']]) {
      for (const [, { node: value, text }] of textsOf(child(node, ...path))) {
        if (!sources.has(value.mark.source)) continue;
        const written = /^[^\s,\]}#]*/.exec(value.mark.source.text.slice(value.mark.offset, value.mark.offset + 80))?.[0] ?? '';
        if (!/^[-+.]?\d[\w.+-]*$/.test(written) || written === text) continue;
        yield { mark: value.mark, message: `\`${written}\` is a number here, and arrives as \`${text}\``, hint: `Quote it: "${written}".` };
      }
    }
  }
}

/** Each scalar once, however many aliases lead to it. */
function* scalarsOf(node: Node, seen: Set<Node>): Generator<ScalarNode> {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'scalar') yield node;
  else if (node.kind === 'list') for (const item of node.items) yield* scalarsOf(item, seen);
  else for (const { value } of node.entries.values()) yield* scalarsOf(value, seen);
}
