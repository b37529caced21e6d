import { isEnded, type EventRecord, type JournalEntry, type Rollout, type RolloutKind, type RolloutState } from '../model/index.ts';
import type { Store } from '../ports/index.ts';
import type { Database, Row, Value } from './database.ts';
import { json, number, optionalJson, optionalNumber, text, toJson } from './rows.ts';

type RolloutRows = Pick<
  Store,
  | 'createRollout'
  | 'getRollout'
  | 'getRolloutInput'
  | 'updateRollout'
  | 'listActiveRollouts'
  | 'listRollouts'
  | 'journalStart'
  | 'journalEnd'
  | 'listJournal'
  | 'appendEvent'
  | 'listEvents'
>;

/** How many ended rollouts of an app stay as history, with their journal and events. */
const keptRollouts = 200;

const rolloutColumns = 'id, app, kind, state, from_release, to_release, created_at_ms, ended_at_ms, error, resumes';

function toRollout(row: Row): Rollout {
  return {
    id: text(row, 'id'),
    app: text(row, 'app'),
    kind: text(row, 'kind') as RolloutKind,
    state: text(row, 'state') as RolloutState,
    fromRelease: optionalNumber(row, 'from_release'),
    toRelease: optionalNumber(row, 'to_release'),
    createdAtMs: number(row, 'created_at_ms'),
    endedAtMs: optionalNumber(row, 'ended_at_ms'),
    error: optionalJson(row, 'error'),
    resumes: number(row, 'resumes'),
  };
}

function toJournalEntry(row: Row): JournalEntry {
  return {
    rollout: text(row, 'rollout'),
    seq: number(row, 'seq'),
    step: json(row, 'step'),
    state: text(row, 'state') as JournalEntry['state'],
    startedAtMs: number(row, 'started_at_ms'),
    endedAtMs: optionalNumber(row, 'ended_at_ms'),
    result: optionalJson(row, 'result'),
  };
}

function toEventRecord(row: Row): EventRecord {
  return {
    seq: number(row, 'seq'),
    atMs: number(row, 'at_ms'),
    rollout: text(row, 'rollout'),
    app: text(row, 'app'),
    event: json(row, 'event'),
  };
}

/** Rollouts, the journal of their steps and the events that were told about them. */
export function rolloutRows(db: Database): RolloutRows {
  return { ...rollouts(db), ...journal(db), ...events(db) };
}

function rollouts(db: Database): Omit<RolloutRows, keyof ReturnType<typeof journal> | keyof ReturnType<typeof events>> {
  function getRollout(id: string): Rollout | undefined {
    const row = db.get(`SELECT ${rolloutColumns} FROM rollouts WHERE id = ?`, id);
    return row && toRollout(row);
  }

  return {
    createRollout(rollout) {
      return db.transaction(() => {
        const known = db.get(`SELECT ${rolloutColumns} FROM rollouts WHERE request_id = ?`, rollout.requestId);
        if (known !== undefined) return { rollout: toRollout(known), created: false };
        const row = db.get(
          `INSERT INTO rollouts (id, request_id, app, kind, state, from_release, to_release, created_at_ms, input)
           VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?) RETURNING ${rolloutColumns}`,
          rollout.id,
          rollout.requestId,
          rollout.app,
          rollout.kind,
          rollout.fromRelease ?? null,
          rollout.toRelease ?? null,
          rollout.createdAtMs,
          toJson(rollout.input),
        );
        return { rollout: toRollout(row ?? {}), created: true };
      });
    },
    getRollout,
    getRolloutInput(id) {
      const row = db.get('SELECT id, input FROM rollouts WHERE id = ?', id);
      return row && optionalJson(row, 'input');
    },
    updateRollout(id, change) {
      db.transaction(() => {
        db.run(
          `UPDATE rollouts SET state = coalesce(?, state), from_release = coalesce(?, from_release), to_release = coalesce(?, to_release),
             ended_at_ms = coalesce(?, ended_at_ms), error = coalesce(?, error), resumes = coalesce(?, resumes) WHERE id = ?`,
          change.state ?? null,
          change.fromRelease ?? null,
          change.toRelease ?? null,
          change.endedAtMs ?? null,
          toJson(change.error),
          change.resumes ?? null,
          id,
        );
        if (change.state !== undefined && isEnded(change.state)) settle(db, id);
      });
    },
    listActiveRollouts: () =>
      db.all(`SELECT ${rolloutColumns} FROM rollouts WHERE state IN ('running', 'reverting') ORDER BY seq`).map(toRollout),
    listRollouts: (app, limit) =>
      db.all(`SELECT ${rolloutColumns} FROM rollouts WHERE app = ? ORDER BY seq DESC LIMIT ?`, app, limit).map(toRollout),
  };
}

function journal(db: Database): Pick<RolloutRows, 'journalStart' | 'journalEnd' | 'listJournal'> {
  return {
    journalStart: (rollout, step, atMs) =>
      db.run(`INSERT INTO journal (rollout, step, state, started_at_ms) VALUES (?, ?, 'running', ?)`, rollout, JSON.stringify(step), atMs),
    // oxlint-disable-next-line max-params -- the port's own shape
    journalEnd(rollout, seq, state, atMs, result) {
      db.run(
        'UPDATE journal SET state = ?, ended_at_ms = ?, result = ? WHERE seq = ? AND rollout = ?',
        state,
        atMs,
        toJson(result),
        seq,
        rollout,
      );
    },
    listJournal: (rollout) => db.all('SELECT * FROM journal WHERE rollout = ? ORDER BY seq', rollout).map(toJournalEntry),
  };
}

function events(db: Database): Pick<RolloutRows, 'appendEvent' | 'listEvents'> {
  return {
    appendEvent(rollout, app, event, atMs) {
      const seq = db.runRelaxed(
        'INSERT INTO events (rollout, app, at_ms, event) VALUES (?, ?, ?, ?)',
        rollout,
        app,
        atMs,
        JSON.stringify(event),
      );
      return { seq, atMs, rollout, app, event };
    },
    listEvents(query) {
      const where: string[] = ['seq > ?'];
      const values: Value[] = [query.afterSeq ?? 0];
      if (query.rollout !== undefined) {
        where.push('rollout = ?');
        values.push(query.rollout);
      }
      if (query.app !== undefined) {
        where.push('app = ?');
        values.push(query.app);
      }
      const order = query.last === undefined ? 'ASC' : 'DESC';
      values.push(query.last ?? query.limit ?? -1);
      const rows = db.all(`SELECT * FROM events WHERE ${where.join(' AND ')} ORDER BY seq ${order} LIMIT ?`, ...values);
      if (order === 'DESC') rows.reverse();
      return rows.map(toEventRecord);
    },
  };
}

/**
 * After its end a rollout keeps its history, but not what was asked for: that carries secrets and credentials, and only
 * resuming needs it. History beyond the newest rollouts of the app goes.
 */
function settle(db: Database, id: string): void {
  db.run('UPDATE rollouts SET input = NULL WHERE id = ?', id);
  const old = db.all(
    `SELECT id FROM rollouts WHERE app = (SELECT app FROM rollouts WHERE id = ?) AND state NOT IN ('running', 'reverting')
     ORDER BY seq DESC LIMIT -1 OFFSET ${keptRollouts}`,
    id,
  );
  for (const row of old) {
    const gone = text(row, 'id');
    db.run('DELETE FROM events WHERE rollout = ?', gone);
    db.run('DELETE FROM journal WHERE rollout = ?', gone);
    db.run('DELETE FROM rollouts WHERE id = ?', gone);
  }
}
