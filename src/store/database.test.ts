import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from './database.ts';

const clock = { monotonic: () => 0 };
const first = 'CREATE TABLE notes (text TEXT) STRICT';
const second = `ALTER TABLE notes ADD COLUMN language TEXT NOT NULL DEFAULT 'en'`;
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'berth-database-'));
  path = join(directory, 'berth.db');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

it('backs up an older database before it changes its shape, once', () => {
  const old = new Database(path, clock, { shape: [first] });
  old.run(`INSERT INTO notes VALUES ('hello')`);
  old.close();
  expect(readdirSync(directory).filter((name) => name.includes('.bak'))).toEqual([]);

  for (let opened = 0; opened < 2; opened += 1) {
    const migrated = new Database(path, clock, { shape: [first, second] });
    expect(migrated.all('SELECT * FROM notes').map((row) => ({ ...row }))).toEqual([{ text: 'hello', language: 'en' }]);
    migrated.close();
  }
  expect(readdirSync(directory).filter((name) => name.includes('.bak'))).toEqual(['berth.db.v1.bak']);
  expect(statSync(`${path}.v1.bak`).mode & 0o777).toBe(0o600);
  const backup = new DatabaseSync(`${path}.v1.bak`);
  expect(
    backup
      .prepare('SELECT * FROM notes')
      .all()
      .map((row) => ({ ...row })),
  ).toEqual([{ text: 'hello' }]);
  expect(backup.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 1 });
  backup.close();
});

it('changes its shape wholly or not at all', () => {
  new Database(path, clock, { shape: [first] }).close();
  expect(() => new Database(path, clock, { shape: [first, `${second}; nonsense`] })).toThrow('syntax error');
  const untouched = new Database(path, clock, { shape: [first] });
  expect(untouched.all('PRAGMA table_info(notes)')).toHaveLength(1);
  untouched.close();
});

it('undoes a transaction that fails', () => {
  const db = new Database(':memory:', clock, { shape: [first] });
  const fail = () =>
    db.transaction(() => {
      db.run(`INSERT INTO notes VALUES ('gone')`);
      throw new Error('no');
    });
  expect(fail).toThrow('no');
  expect(db.all('SELECT * FROM notes')).toEqual([]);
  db.close();
});
