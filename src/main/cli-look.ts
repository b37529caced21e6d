import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { ensurePrivateDirectory, locateHome, type ServerLinkInput } from '../client/index.ts';
import type { UpgradeReport } from '../contract/index.ts';
import { systemClock } from '../kit/index.ts';
import { createRedactor } from '../run/index.ts';
import { copyDatabase, openStore } from '../store/index.ts';
import { compose } from './compose.ts';
import { randomIds } from './random-ids.ts';

/**
 * What a server of this berth would change of the home's proxies. Looks with this process's own eyes, at a copy of the
 * database: one of another berth may hold it, and opening it could bring it to a format that berth does not know.
 * Throws what a start of the server would throw for such a home.
 */
export async function lookAtHome(input: ServerLinkInput): Promise<UpgradeReport> {
  const home = locateHome(input);
  if (!existsSync(home.database)) return { proxies: [] };
  ensurePrivateDirectory(home.directory, input.uid);
  const directory = mkdtempSync(join(tmpdir(), 'berth-look-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'berth.db');
  copyDatabase(home.database, path);
  const store = openStore({ path, copyOf: home.database, clock: systemClock, ids: randomIds });
  stack.defer(() => store.close());
  const log = { info: () => undefined, error: (_fields: unknown, message: string) => void process.stderr.write(`${message}\n`) };
  const composition = compose({ store, ids: randomIds, home, log, redactor: createRedactor() });
  stack.defer(() => composition.close());
  stack.defer(() => composition.runner.close());
  return await composition.runner.upgrade({ check: true });
}
