import type { Pin, Release } from '../model/index.ts';
import type { AppRecord, Clock, Store } from '../ports/index.ts';
import type { Database, Row } from './database.ts';
import { json, number, optionalNumber, text } from './rows.ts';

type AppRows = Pick<
  Store,
  | 'getApp'
  | 'listApps'
  | 'putApp'
  | 'deleteApp'
  | 'nextRelease'
  | 'putRelease'
  | 'getRelease'
  | 'listReleases'
  | 'deleteRelease'
  | 'getPins'
  | 'putPin'
>;

function toApp(row: Row): AppRecord {
  return {
    name: text(row, 'name'),
    directory: text(row, 'directory'),
    createdAtMs: number(row, 'created_at_ms'),
    currentRelease: optionalNumber(row, 'current_release'),
    replicas: json(row, 'replicas'),
    stoppedServices: json(row, 'stopped_services'),
  };
}

const toRelease = (row: Row): Release => json(row, 'release');

/** Apps, their releases and what was pinned about their services. */
export function appRows(db: Database, clock: Pick<Clock, 'now'>): AppRows {
  return { ...apps(db, clock), ...releases(db), ...pins(db) };
}

function apps(db: Database, clock: Pick<Clock, 'now'>): Pick<AppRows, 'getApp' | 'listApps' | 'putApp' | 'deleteApp'> {
  return {
    getApp(name) {
      const row = db.get('SELECT * FROM apps WHERE name = ?', name);
      return row && toApp(row);
    },
    listApps: () => db.all('SELECT * FROM apps ORDER BY name').map(toApp),
    putApp(app) {
      db.run(
        `INSERT INTO apps (name, directory, created_at_ms, current_release, replicas, stopped_services) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET directory = excluded.directory, created_at_ms = excluded.created_at_ms,
           current_release = excluded.current_release, replicas = excluded.replicas, stopped_services = excluded.stopped_services`,
        app.name,
        app.directory,
        app.createdAtMs,
        app.currentRelease ?? null,
        JSON.stringify(app.replicas),
        JSON.stringify(app.stoppedServices),
      );
    },
    deleteApp(name) {
      db.transaction(() => {
        for (const table of ['releases', 'pins', 'edges', 'fronts']) db.run(`DELETE FROM ${table} WHERE app = ?`, name);
        db.run("DELETE FROM secrets WHERE app = ? AND source <> 'store'", name);
        db.run('DELETE FROM apps WHERE name = ?', name);
        // Freed and not deleted: an address rests before another instance may have it.
        db.run('UPDATE addresses SET freed_at_ms = ? WHERE app = ? AND freed_at_ms IS NULL', clock.now(), name);
      });
    },
  };
}

function releases(db: Database): Pick<AppRows, 'nextRelease' | 'putRelease' | 'getRelease' | 'listReleases' | 'deleteRelease'> {
  return {
    nextRelease(app) {
      const row = db.get(
        `INSERT INTO release_numbers (app, last) VALUES (?, 1) ON CONFLICT (app) DO UPDATE SET last = last + 1 RETURNING app, last`,
        app,
      );
      return number(row ?? {}, 'last');
    },
    putRelease(release) {
      db.run(
        'INSERT INTO releases (app, number, release) VALUES (?, ?, ?) ON CONFLICT (app, number) DO UPDATE SET release = excluded.release',
        release.app,
        release.number,
        JSON.stringify(release),
      );
    },
    getRelease(app, releaseNumber) {
      const row = db.get('SELECT * FROM releases WHERE app = ? AND number = ?', app, releaseNumber);
      return row && toRelease(row);
    },
    listReleases: (app) => db.all('SELECT * FROM releases WHERE app = ? ORDER BY number DESC', app).map(toRelease),
    deleteRelease(app, releaseNumber) {
      db.run('DELETE FROM releases WHERE app = ? AND number = ?', app, releaseNumber);
    },
  };
}

function pins(db: Database): Pick<AppRows, 'getPins' | 'putPin'> {
  return {
    getPins(app) {
      const rows = db.all('SELECT * FROM pins WHERE app = ?', app);
      return Object.fromEntries(rows.map((row) => [text(row, 'service'), json<Pin>(row, 'pin')]));
    },
    putPin(app, service, pin) {
      db.run(
        'INSERT INTO pins (app, service, pin) VALUES (?, ?, ?) ON CONFLICT (app, service) DO UPDATE SET pin = excluded.pin',
        app,
        service,
        JSON.stringify(pin),
      );
    },
  };
}
