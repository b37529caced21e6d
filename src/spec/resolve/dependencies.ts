import type { Dependency } from '../../model/index.ts';
import { didYouMean } from '../../kit/index.ts';
import { child, entriesOf, type Node } from '../text/node.ts';
import type { Mark } from '../text/source.ts';
import type { Context } from './context.ts';
import { booleanAt, wordAt } from './get.ts';

const conditions = ['service_started', 'service_healthy', 'service_completed_successfully'] as const;

/** What a service waits for. */
export function resolveDependencies(name: string, service: Node, context: Context): Dependency[] {
  const result = new Map<string, Dependency>();
  for (const [other, { key, value }] of entriesOf(child(service, 'depends_on'))) {
    const required = booleanAt(value, 'required') ?? true;
    if (!isActive(name, other, { required, mark: key }, context)) continue;
    result.set(other, {
      service: other,
      condition: wordAt(conditions, value, 'condition') ?? 'service_started',
      required,
      restart: booleanAt(value, 'restart') ?? false,
    });
  }
  return [...result.values()];
}

type How = { readonly required: boolean; readonly mark: Mark };

function isActive(name: string, other: string, how: How, context: Context): boolean {
  const services = child(context.document, 'services');
  const node = child(services, other);
  if (node !== undefined) return true;
  const left = context.leftOut.get(other);
  if (left !== undefined && (!how.required || left === 'provider')) return false;
  if (left !== undefined) {
    context.problems.error(how.mark, `\`${name}\` depends on \`${other}\`, which is left out because none of its profiles is chosen`, {
      hint: `Choose one with \`--profile ${left}\`, or write \`required: false\`.`,
    });
    return false;
  }
  const known = entriesOf(services).map(([key]) => key);
  context.problems.error(how.mark, `\`${name}\` depends on \`${other}\`, but there is no such service`, { hint: didYouMean(other, known) });
  return false;
}

/** Reports every cycle of `depends_on`, once, at the entry that closes it. */
export function checkCycles(context: Context, dependencies: ReadonlyMap<string, readonly Dependency[]>): void {
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (name: string): void => {
    state.set(name, 'open');
    path.push(name);
    for (const { service: next } of dependencies.get(name) ?? []) {
      if (state.get(next) === 'open') {
        const cycle = [...path.slice(path.indexOf(next)), next];
        const node = child(context.document, 'services', name);
        const entry = entriesOf(child(node, 'depends_on')).find(([key]) => key === next)?.[1];
        const mark = entry?.key ?? node?.mark;
        if (mark !== undefined) context.problems.error(mark, `the services depend on each other in a circle: ${cycle.join(' → ')}`);
      } else if (state.get(next) === undefined) visit(next);
    }
    path.pop();
    state.set(name, 'done');
  };
  for (const name of dependencies.keys()) if (state.get(name) === undefined) visit(name);
}
