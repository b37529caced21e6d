import { child, entriesOf, isNull, scalar, type Entry, type Node } from '../text/node.ts';
import { scalarText } from '../text/scalar.ts';
import { booleanOf } from '../text/units.ts';
import type { Context } from './context.ts';
import { hasSecret } from './secret-nodes.ts';

/** The variable that carries a feature toggle. */
export function toggleVariable(toggle: string): string {
  return `BERTH_TOGGLE_${toggle.toUpperCase().replaceAll('-', '_')}`;
}

/** What `x-berth.toggles` of the project gives to every service: `1` or `0` each. */
export function toggleVariables(context: Context): ReadonlyMap<string, Entry> {
  const variables = new Map<string, Entry>();
  for (const [toggle, { key, value }] of entriesOf(child(context.document, 'x-berth', 'toggles'))) {
    const on = value.kind === 'scalar' ? (booleanOf(value.value) ?? numberSwitch(value.value)) : undefined;
    if (on === undefined) continue;
    const name = toggleVariable(toggle);
    const other = variables.get(name);
    if (other !== undefined) context.problems.error(key, `two toggles would be the variable \`${name}\``);
    variables.set(name, { key, value: scalar(value.mark, on ? '1' : '0') });
  }
  return variables;
}

function numberSwitch(value: unknown): boolean | undefined {
  if (value === 1 || value === '1') return true;
  return value === 0 || value === '0' ? false : undefined;
}

/** What `x-berth.environment` of a service lays over its `environment`. A variable that is not set anywhere is left out. */
export function berthVariables(service: Node, context: Context): ReadonlyMap<string, Entry> {
  const variables = new Map<string, Entry>();
  for (const [name, { key, value }] of entriesOf(child(service, 'x-berth', 'environment'))) {
    if (value.kind !== 'scalar' || value.broken === true) continue;
    // Filled in when a container is made; until then it is in no variable.
    if (hasSecret(value)) continue;
    const text = isNull(value) ? context.lookup(name) : scalarText(value.value);
    if (text !== undefined) variables.set(name, { key, value: scalar(value.mark, text) });
  }
  return variables;
}
