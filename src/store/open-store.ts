import type { Clock, Ids, Store } from '../ports/index.ts';
import { appRows } from './app-rows.ts';
import { Database } from './database.ts';
import { holdings } from './holdings.ts';
import { rolloutRows } from './rollout-rows.ts';
import { secretRows } from './secret-rows.ts';

/** `path` is that of `berth.db`, or `:memory:` for a store that ends with the process; `copyOf` the database that it is a copy of, for errors to name. */
export type StoreInput = { readonly path: string; readonly copyOf?: string; readonly clock: Clock; readonly ids: Ids };

/**
 * Opens the store and holds it: HOME_LOCKED at once when another process has it, DATABASE_NEWER when a newer berth wrote
 * it, DATABASE_DAMAGED when it is no database.
 */
export function openStore({ path, copyOf, clock, ids }: StoreInput): Store {
  const db = new Database(path, clock, { name: copyOf });
  const held = holdings(db);
  const known = held.getSetting('installation');
  const installation = known ?? ids.next();
  if (known === undefined) held.putSetting('installation', installation);
  return { installation, ...appRows(db, clock), ...rolloutRows(db), ...secretRows(db), ...held, close: () => db.close() };
}
