import type { Problems } from '../problem.ts';
import type { Entry, Node, ScalarNode } from './node.ts';
import type { Mark } from './source.ts';
import { fillTemplate, type Lookup } from './template.ts';

/** Where a variable that is unset became nothing, for one warning each. */
export type Unset = Map<string, Mark>;

/** Fills every text value of a tree (never a key). Shared nodes are filled once and stay shared. */
export function interpolate(node: Node, lookup: Lookup, report: { readonly problems: Problems; readonly unset: Unset }): Node {
  const done = new Map<Node, Node>();
  const visit = (at: Node): Node => {
    const known = done.get(at);
    if (known !== undefined) return known;
    const made = visitNew(at);
    done.set(at, made);
    return made;
  };
  const visitNew = (at: Node): Node => {
    switch (at.kind) {
      case 'scalar':
        return fillScalar(at, lookup, report);
      case 'list': {
        const items = at.items.map(visit);
        return items.every((item, i) => item === at.items[i]) ? at : { ...at, items };
      }
      case 'map': {
        let changed = false;
        const entries = new Map<string, Entry>();
        for (const [key, entry] of at.entries) {
          const value = visit(entry.value);
          if (value !== entry.value) changed = true;
          entries.set(key, value === entry.value ? entry : { key: entry.key, value });
        }
        return changed ? { ...at, entries } : at;
      }
    }
  };
  return visit(node);
}

function fillScalar(node: ScalarNode, lookup: Lookup, report: { readonly problems: Problems; readonly unset: Unset }): ScalarNode {
  if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
  const filled = fillTemplate(node.value, lookup);
  if (!filled.ok) {
    if (filled.required === undefined) {
      report.problems.error(node.mark, filled.message, { hint: 'Write `$$` for a dollar sign that is meant as one.' });
    } else
      report.problems.error(node.mark, filled.message, {
        code: 'VARIABLE_REQUIRED',
        hint: `Set \`${filled.required}\` in the environment or in \`.env\`.`,
      });
    return { ...node, value: null, broken: true };
  }
  for (const name of filled.unset) if (!report.unset.has(name)) report.unset.set(name, node.mark);
  return filled.value === node.value ? node : { ...node, value: filled.value };
}
