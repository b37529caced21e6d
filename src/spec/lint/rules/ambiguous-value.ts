import type { Node, ScalarNode } from '../../text/node.ts';
import type { Rule } from '../rule.ts';

const truth = /^(?:yes|no|on|off)$/i;
const sixties = /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Values that YAML 1.1 and 1.2 read differently. */
export const ambiguousValue: Rule = {
  id: 'ambiguous-value',
  severity: 'warning',
  finds: '`on`, `off`, `yes`, `no`, or a number such as `22:22`, is not quoted.',
  why: 'YAML 1.1 reads a boolean, or a number to the base of 60 (`22:22` is 1342); YAML 1.2, Compose and berth read text. Other tools that read the file differ.',
  fix: 'Quote it.',
  *find({ written }) {
    const seen = new Set<Node>();
    for (const file of written) {
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

/** Each scalar once, however many aliases lead to it. */
function* scalarsOf(node: Node, seen: Set<Node>): Generator<ScalarNode> {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'scalar') yield node;
  else if (node.kind === 'list') for (const item of node.items) yield* scalarsOf(item, seen);
  else for (const { value } of node.entries.values()) yield* scalarsOf(value, seen);
}
