import { BerthError } from '../errors/index.ts';
import type { Row } from './database.ts';

/** A text column. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw damaged(column, row);
  return value;
}

/** A number column. */
export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw damaged(column, row);
  return value;
}

/** A number column that may be NULL. */
export function optionalNumber(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : number(row, column);
}

/** A column of JSON that berth itself wrote: trusted in shape, but one that is no JSON names its row. */
export function json<T>(row: Row, column: string): T {
  const written = text(row, column);
  try {
    return JSON.parse(written) as T;
  } catch (error) {
    throw damaged(column, row, error);
  }
}

/** A column of JSON that may be NULL. */
export function optionalJson<T>(row: Row, column: string): T | undefined {
  return row[column] === null ? undefined : json<T>(row, column);
}

/** An optional value as SQLite wants it. */
export function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function damaged(column: string, row: Row, cause?: unknown): BerthError {
  const key = Object.entries(row)
    .filter(([name, value]) => name !== column && (typeof value === 'number' || (typeof value === 'string' && value.length <= 80)))
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
  return new BerthError('DATABASE_DAMAGED', `Could not read column ${column} of the row ${key || '(no key)'} in berth.db.`, {
    cause,
    hint: 'Restore a backup of berth.db, or move it away: running apps are not touched.',
    details: { column },
  });
}
