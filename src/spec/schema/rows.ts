import type { Effect, Shape } from './shape.ts';
import { asInService } from './idle-keys.ts';
import { root } from './root.ts';

/** One key of the application file, as the reference page and the tests list it. */
export type KeyRow = { readonly path: string; readonly effect: Effect; readonly how: string };

/** Every key that berth knows, in the order of the table; `*` is a name of the user's, `[]` an item of a list. */
export function keyRows(): readonly KeyRow[] {
  const rows = new Map<string, KeyRow>();
  const visit = (shape: Shape, path: string): void => {
    switch (shape.type) {
      case 'object':
        for (const [key, field] of Object.entries(shape.keys)) {
          const here = path === '' ? key : `${path}.${key}`;
          if (!rows.has(here)) rows.set(here, { path: here, effect: field.effect, how: field.how });
          // What is inside is listed where it is a key of a service.
          if (field.how !== asInService) visit(field.shape, here);
        }
        return;
      case 'dictionary':
        return visit(shape.of, `${path}.*`);
      case 'list':
        return visit(shape.of, `${path}[]`);
      case 'oneOf':
        for (const one of shape.shapes) visit(one, path);
        return;
      case 'any':
      case 'null':
      case 'string':
      case 'text':
      case 'integer':
      case 'number':
      case 'boolean':
    }
  };
  visit(root, '');
  return [...rows.values()];
}
