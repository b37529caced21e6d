/**
 * The shape of `berth.db`, one entry for each version it ever had. A released entry never changes: a change of shape is
 * a new entry, which runs once on each database that is older (`PRAGMA user_version`).
 */
export const migrations: readonly string[] = [
  `CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE apps (
     name TEXT PRIMARY KEY, directory TEXT NOT NULL, created_at_ms INTEGER NOT NULL, current_release INTEGER,
     replicas TEXT NOT NULL, stopped_services TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE release_numbers (app TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE releases (
     app TEXT NOT NULL, number INTEGER NOT NULL, release TEXT NOT NULL, PRIMARY KEY (app, number)
   ) STRICT;
   CREATE TABLE pins (app TEXT NOT NULL, service TEXT NOT NULL, pin TEXT NOT NULL, PRIMARY KEY (app, service)) STRICT, WITHOUT ROWID;
   CREATE TABLE rollouts (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, request_id TEXT NOT NULL UNIQUE, app TEXT NOT NULL,
     kind TEXT NOT NULL, state TEXT NOT NULL, from_release INTEGER, to_release INTEGER, created_at_ms INTEGER NOT NULL,
     ended_at_ms INTEGER, error TEXT, resumes INTEGER NOT NULL DEFAULT 0, input TEXT
   ) STRICT;
   CREATE INDEX rollouts_by_app ON rollouts (app, seq);
   CREATE INDEX rollouts_active ON rollouts (seq) WHERE state IN ('running', 'reverting');
   CREATE TABLE journal (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, rollout TEXT NOT NULL, step TEXT NOT NULL, state TEXT NOT NULL,
     started_at_ms INTEGER NOT NULL, ended_at_ms INTEGER, result TEXT
   ) STRICT;
   CREATE INDEX journal_by_rollout ON journal (rollout, seq);
   CREATE TABLE events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, rollout TEXT NOT NULL, app TEXT NOT NULL, at_ms INTEGER NOT NULL, event TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_rollout ON events (rollout, seq);
   CREATE INDEX events_by_app ON events (app, seq);
   CREATE TABLE leases (
     app TEXT PRIMARY KEY, owner TEXT NOT NULL, rollout TEXT NOT NULL, beat_at_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE edges (app TEXT PRIMARY KEY, edge TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE addresses (
     network TEXT NOT NULL, address TEXT NOT NULL, instance TEXT NOT NULL, app TEXT, freed_at_ms INTEGER,
     PRIMARY KEY (network, address)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX addresses_by_instance ON addresses (instance);
   CREATE TABLE subnets (network TEXT PRIMARY KEY, subnet TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE fronts (app TEXT NOT NULL, service TEXT NOT NULL, front TEXT NOT NULL, PRIMARY KEY (app, service)) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE secrets (
     id INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, environment TEXT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL,
     version INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, sealed TEXT NOT NULL, UNIQUE (app, environment, name, source, version)
   ) STRICT;`,
];
