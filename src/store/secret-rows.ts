import type { SealedSecret, SecretKey, SecretVersion, Store } from '../ports/index.ts';
import type { Database, Row } from './database.ts';
import { number, text } from './rows.ts';

type SecretRows = Pick<
  Store,
  'addSecret' | 'addSecrets' | 'getSecret' | 'newestSecret' | 'listSecrets' | 'removeSecrets' | 'listSealed' | 'replaceSealed'
>;

const columns = 'id, app, environment, name, source, version, created_at_ms';

/** An absent app or environment is stored as empty text, so that it can be part of a key. */
function keyValues(key: SecretKey): [string, string, string, string] {
  return [key.app ?? '', key.environment ?? '', key.name, key.source];
}

function toVersion(row: Row): SecretVersion {
  const [app, environment] = [text(row, 'app'), text(row, 'environment')];
  return {
    ...(app === '' ? {} : { app }),
    ...(environment === '' ? {} : { environment }),
    name: text(row, 'name'),
    source: text(row, 'source') as SecretVersion['source'],
    id: number(row, 'id'),
    version: number(row, 'version'),
    createdAtMs: number(row, 'created_at_ms'),
  };
}

const toSealed = (row: Row): SealedSecret => ({ ...toVersion(row), sealed: text(row, 'sealed') });

/** The encrypted values of secrets. Nothing here can read them. */
export function secretRows(db: Database): SecretRows {
  const add = (key: SecretKey, sealed: string, atMs: number): SecretVersion => {
    const row = db.get(
      `INSERT INTO secrets (app, environment, name, source, version, created_at_ms, sealed)
       SELECT ?1, ?2, ?3, ?4, 1 + COALESCE(MAX(version), 0), ?5, ?6 FROM secrets
       WHERE app = ?1 AND environment = ?2 AND name = ?3 AND source = ?4 RETURNING ${columns}`,
      ...keyValues(key),
      atMs,
      sealed,
    );
    return toVersion(row ?? {});
  };
  return {
    addSecret: add,
    addSecrets: (secrets, atMs) => db.transaction(() => secrets.map(({ key, sealed }) => add(key, sealed, atMs))),
    getSecret(id) {
      const row = db.get('SELECT * FROM secrets WHERE id = ?', id);
      return row && toSealed(row);
    },
    newestSecret(key) {
      const row = db.get(
        'SELECT * FROM secrets WHERE app = ? AND environment = ? AND name = ? AND source = ? ORDER BY version DESC LIMIT 1',
        ...keyValues(key),
      );
      return row && toSealed(row);
    },
    listSecrets: () => db.all(`SELECT ${columns} FROM secrets ORDER BY app, environment, name, source, version`).map(toVersion),
    removeSecrets: (ids) =>
      db.transaction(() => {
        for (const id of ids) db.run('DELETE FROM secrets WHERE id = ?', id);
      }),
    listSealed: () => db.all('SELECT * FROM secrets ORDER BY id').map(toSealed),
    replaceSealed: (sealed) =>
      db.transaction(() => {
        for (const [id, text] of sealed) db.run('UPDATE secrets SET sealed = ? WHERE id = ?', text, id);
      }),
  };
}
