import { RETRY_HORIZON } from '../../core/ports/session-store.js';
import { isExpired } from '../../core/record/lifetimes.js';
import { marks } from './chunks.js';
import { numberOf, textOf } from './record-row.js';
import type { SqlConnection } from './sql-connection.js';
import type { SqlTables } from './sql-tables.js';

/** Rows of each table that one turn removes at the most: a few milliseconds' work. */
const BATCH = 400;

/** An outcome is remembered well beyond the horizon: callers measure it by clocks of their own. */
const OPERATION_LIFETIME = 2 * RETRY_HORIZON;

/** A fence lives longer than the longest login. */
const FENCE_LIFETIME = 900_000;

const TOMBSTONE_LIFETIME = 3_600_000;

/** A session is left alone for a while after its end, for the sake of clocks that are a little behind. */
const SLACK = 60_000;

/**
 * Removes what is over, a batch at a time, and leaves to others what they have locked. Ages of what the store makes itself are told
 * by the database's clock alone; a session must be over by the caller's clock as well as by the database's.
 */
export class Sweep {
  constructor(private readonly tables: () => SqlTables) {}

  /** One turn. @returns how many rows were removed */
  async turn(connection: SqlConnection, now: number): Promise<number> {
    const { operations, fences, tombstones } = this.tables();
    const removed = [
      await this.remove(connection, operations, 'id', 'done_at', OPERATION_LIFETIME),
      await this.remove(connection, fences, 'user_id', 'seen_at', FENCE_LIFETIME),
      await this.remove(connection, tombstones, 'id', 'ended_at', TOMBSTONE_LIFETIME),
      await this.sessions(connection, now),
    ];
    return removed.reduce((sum, count) => sum + count, 0);
  }

  /** Removes counts whose window has ended. */
  counts(connection: SqlConnection): Promise<number> {
    return this.remove(connection, this.tables().counts, 'id', 'ends_at', 0);
  }

  private async remove(connection: SqlConnection, table: string, key: string, since: string, lifetime: number): Promise<number> {
    const { now, lockFree } = connection.engine;
    const old = `${since} < ${now} - ${lifetime} ORDER BY ${since} LIMIT ${BATCH}`;
    const rows = await connection.rows(`SELECT ${key} FROM ${table} WHERE ${old}${lockFree}`);
    const keys = [...new Set(rows.map((row) => textOf(row, key)))];
    return keys.length === 0 ? 0 : connection.run(`DELETE FROM ${table} WHERE ${key} IN (${marks(keys)})`, keys);
  }

  /** What has lived on is looked at again at its new end. */
  private async sessions(connection: SqlConnection, now: number): Promise<number> {
    const { sessions } = this.tables();
    const { engine } = connection;
    const due = `sweep_at < ${engine.now} - ${SLACK} AND sweep_at < ? ORDER BY sweep_at LIMIT ${BATCH}${engine.lockFree}`;
    const columns = `id, last_seen_at, idle_timeout, expires_at, ${engine.now} AS now`;
    const rows = await connection.rows(`SELECT ${columns} FROM ${sessions} WHERE ${due}`, [now - SLACK]);
    const over: string[] = [];
    const alive: string[] = [];
    for (const row of rows) {
      const ends = {
        lastSeenAt: numberOf(row, 'last_seen_at'),
        idleTimeout: numberOf(row, 'idle_timeout'),
        expiresAt: numberOf(row, 'expires_at'),
      };
      (isExpired(ends, Math.min(now, numberOf(row, 'now')) - SLACK) ? over : alive).push(textOf(row, 'id'));
    }
    if (alive.length > 0) {
      const idle = 'last_seen_at + idle_timeout';
      const end = `CASE WHEN ${idle} < expires_at THEN ${idle} ELSE expires_at END`;
      await connection.run(`UPDATE ${sessions} SET sweep_at = ${end} WHERE id IN (${marks(alive)})`, alive);
    }
    return over.length === 0 ? 0 : connection.run(`DELETE FROM ${sessions} WHERE id IN (${marks(over)})`, over);
  }
}
