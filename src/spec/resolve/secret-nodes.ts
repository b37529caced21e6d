import type { SecretText } from '../../model/index.ts';
import { child, entriesOf, type Node, type ScalarNode } from '../text/node.ts';
import type { Mark } from '../text/source.ts';
import { notePlace, type Context } from './context.ts';
import { booleanAt, textAt } from './get.ts';

/** Whether a secret is one of the store (or of `x-berth.secrets`), and not of the file. */
export function isExternal(secret: Node | undefined): boolean {
  return booleanAt(secret, 'external') === true;
}

/** The name that the project knows a secret by which the server reads; its place is noted for errors that are found there. */
export function useSecret(
  use: { readonly source: string; readonly secret: Node | undefined; readonly mark: Mark },
  context: Context,
): string {
  const name = (isExternal(use.secret) ? textAt(use.secret, 'name') : undefined) ?? use.source;
  notePlace(context, `secrets.${name}`, use.mark);
  return name;
}

/** The variables of a service that have secrets in them (`x-berth.environment`). */
export function secretVariables(service: Node): Record<string, SecretText> | undefined {
  const variables: Record<string, SecretText> = {};
  for (const [name, { value }] of entriesOf(child(service, 'x-berth', 'environment'))) {
    if (value.kind === 'scalar' && value.broken !== true && hasSecret(value))
      variables[name] = (value.parts ?? []).map((part) => (typeof part === 'string' ? part : { secret: part.name }));
  }
  return Object.keys(variables).length === 0 ? undefined : variables;
}

/** Whether a value refers to a secret. */
export function hasSecret(node: ScalarNode): boolean {
  return node.parts?.some((part) => typeof part !== 'string') === true;
}
