import type { SessionCensus } from '../../core/ports/session-store.js';
import {
  channelOf,
  type EndedSession,
  type EndReason,
  endReasonOf,
  type SessionRecord,
} from '../../core/record/session-record.js';
import type { RefreshState } from '../../core/refresh/refresh-decision.js';
import { chunksOf, marks } from './chunks.js';
import {
  numberOf,
  RECORD_COLUMNS,
  recordOf,
  recordValues,
  STANDING_COLUMNS,
  type Standing,
  standingOf,
  textOf,
  type Value,
} from './record-row.js';
import type { SqlConnection } from './sql-connection.js';
import type { SqlTables } from './sql-tables.js';

/** How many ids one statement names. */
const CHUNK = 500;

const LIVES_AT = 'expires_at > ? AND last_seen_at + idle_timeout > ?';

/** Where a record is to be made. */
interface Place {
  /** The other sessions of the user, where they were asked for. */
  readonly others: readonly Standing[];
  /** Whether the operation has acted. */
  readonly hasActed: boolean;
  /** Whether the id has a row, or had one that was ended. */
  readonly isTaken: boolean;
}

/** The sessions as rows. What a method calls locked is locked until the transaction of the connection ends. */
export class SessionRows {
  constructor(private readonly tables: () => SqlTables) {}

  /** The records with these ids, in any order. */
  async find(connection: SqlConnection, ids: readonly string[]): Promise<readonly SessionRecord[]> {
    const found: SessionRecord[] = [];
    for (const some of chunksOf(ids, CHUNK)) {
      const rows = await connection.rows(`SELECT * FROM ${this.tables().sessions} WHERE id IN (${marks(some)})`, some);
      found.push(...rows.map(recordOf));
    }
    return found;
  }

  /** The records of a user. */
  async ofUser(connection: SqlConnection, userId: string): Promise<readonly SessionRecord[]> {
    const rows = await connection.rows(`SELECT * FROM ${this.tables().sessions} WHERE user_id = ?`, [userId]);
    return rows.map(recordOf);
  }

  /** The record, locked, and what the operation has come to before, if that was remembered before the lock was waited for. */
  lock(connection: SqlConnection, id: string, operation: string) {
    return this.read(connection, id, operation, connection.engine.lock);
  }

  /** The record as it is, and what the operation has come to before. */
  async read(connection: SqlConnection, id: string, operation: string, lock = '') {
    const { sessions, operations } = this.tables();
    const before = `(SELECT o.outcome FROM ${operations} o WHERE o.id = ? AND o.part = 0) AS outcome_before`;
    const [row] = await connection.rows(`SELECT s.*, ${before} FROM ${sessions} s WHERE s.id = ?${lock}`, [operation, id]);
    if (!row) return undefined;
    const outcome = row['outcome_before'];
    return { record: recordOf(row), before: typeof outcome === 'string' ? parsed(outcome) : undefined };
  }

  /** The sessions of a user, locked in the order of their ids. */
  async lockOfUser(connection: SqlConnection, userId: string): Promise<readonly Standing[]> {
    const of = `FROM ${this.tables().sessions} WHERE user_id = ? ORDER BY id${connection.engine.lock}`;
    return (await connection.rows(`SELECT ${STANDING_COLUMNS} ${of}`, [userId])).map(standingOf);
  }

  /**
   * What stands where an operation is to make a record, once the fence of its user is locked.
   * @param withOthers whether the other sessions of the user are to be locked and read
   */
  async lockPlace(
    connection: SqlConnection,
    operation: string,
    { id, userId }: SessionRecord,
    withOthers: boolean,
  ): Promise<Place> {
    const { sessions, operations, tombstones } = this.tables();
    const count = (table: string) => `(SELECT COUNT(*) FROM ${table} known WHERE known.id = ?)`;
    const place = `${count(operations)} AS acted, ${count(sessions)} + ${count(tombstones)} AS taken`;
    const values = [operation, id, id];
    const others = `SELECT ${STANDING_COLUMNS}, ${place} FROM ${sessions} WHERE user_id = ? ORDER BY id${connection.engine.lock}`;
    const rows = withOthers ? await connection.rows(others, [...values, userId]) : [];
    const [first] = rows.length > 0 ? rows : await connection.rows(`SELECT ${place}`, values);
    if (!first) throw new Error('A statement without a table has no answer.');
    return {
      others: rows.map(standingOf),
      hasActed: numberOf(first, 'acted') > 0,
      isTaken: numberOf(first, 'taken') > 0,
    };
  }

  /** Why the id was ended. */
  async endReason(connection: SqlConnection, id: string): Promise<EndReason | undefined> {
    const [row] = await connection.rows(`SELECT reason FROM ${this.tables().tombstones} WHERE id = ?`, [id]);
    return endReasonOf(row?.['reason']);
  }

  /** How many live, on each channel: goes through all rows. */
  async census(connection: SqlConnection, now: number): Promise<SessionCensus> {
    const sql = `SELECT channel, COUNT(*) AS living FROM ${this.tables().sessions} WHERE ${LIVES_AT} GROUP BY channel`;
    const counted = { browser: 0, api: 0, support: 0, visitor: 0 };
    for (const row of await connection.rows(sql, [now, now])) {
      const channel = channelOf(row['channel']);
      if (channel) counted[channel] += numberOf(row, 'living');
    }
    return counted;
  }

  insert(connection: SqlConnection, record: SessionRecord): void {
    const sql = `INSERT INTO ${this.tables().sessions} (${RECORD_COLUMNS.join(', ')}) VALUES (${marks(RECORD_COLUMNS)})`;
    connection.owe(sql, recordValues(record));
  }

  /** Replaces a locked row. */
  replace(connection: SqlConnection, record: SessionRecord): void {
    const set = RECORD_COLUMNS.map((column) => `${column} = ?`).join(', ');
    connection.owe(`UPDATE ${this.tables().sessions} SET ${set} WHERE id = ?`, [...recordValues(record), record.id]);
  }

  /** Moves what a refresh moves, of a locked row. */
  advance(connection: SqlConnection, id: string, state: RefreshState, lastSeenAt: number): void {
    connection.owe(
      `UPDATE ${this.tables().sessions} SET generation = ?, used_at = ?, replays = ?, last_seen_at = ? WHERE id = ?`,
      [state.generation, state.usedAt, state.replays, lastSeenAt, id],
    );
  }

  /**
   * Moves what a refresh moves, of a row that is not locked, and remembers what the operation came to, in one statement: only if
   * the record is still the one that the refresh was decided on, and lives. Answers whether it did.
   */
  async advanceIf(
    connection: SqlConnection,
    { id, generation, usedAt, minGeneration, replays }: SessionRecord,
    state: RefreshState,
    now: number,
    operation: string,
    outcome: unknown,
  ): Promise<boolean> {
    const { sessions, operations } = this.tables();
    const set = 'generation = ?, used_at = ?, replays = ?, last_seen_at = GREATEST(last_seen_at, ?)';
    const unmoved = `id = ? AND generation = ? AND used_at = ? AND min_generation = ? AND replays = ? AND ${LIVES_AT}`;
    const moved = `UPDATE ${sessions} SET ${set} WHERE ${unmoved} RETURNING id`;
    const remembered = `SELECT ?, 0, ?, ${connection.engine.now} FROM moved`;
    const sql = `WITH moved AS (${moved}) INSERT INTO ${operations} (id, part, outcome, done_at) ${remembered}`;
    const next = [state.generation, state.usedAt, state.replays, now];
    const before = [id, generation, usedAt, minGeneration, replays, now, now];
    return (await connection.run(sql, [...next, ...before, operation, JSON.stringify(outcome)])) === 1;
  }

  /** Replaces the sealed part of a locked row. */
  reseal(connection: SqlConnection, id: string, sealed: string, version: number): void {
    const sql = `UPDATE ${this.tables().sessions} SET sealed = ?, version = ? WHERE id = ?`;
    connection.owe(sql, [sealed, version, id]);
  }

  /** One statement: the session must live at the moment at which it was seen. */
  async touch(connection: SqlConnection, id: string, seenAt: number): Promise<void> {
    const sql = `UPDATE ${this.tables().sessions} SET last_seen_at = ? WHERE id = ? AND last_seen_at < ? AND ${LIVES_AT}`;
    await connection.run(sql, [seenAt, id, seenAt, seenAt, seenAt]);
  }

  /** One statement, as {@link touch}. */
  async used(connection: SqlConnection, id: string, generation: number, now: number): Promise<void> {
    const of = 'id = ? AND generation = ? AND used_at = 0';
    const sql = `UPDATE ${this.tables().sessions} SET used_at = ? WHERE ${of} AND ${LIVES_AT}`;
    await connection.run(sql, [now, id, generation, now, now]);
  }

  /** Ends sessions whose rows are locked, and leaves a tombstone of each. */
  end(connection: SqlConnection, ids: readonly string[], reason: EndReason): void {
    const { sessions, tombstones } = this.tables();
    for (const some of chunksOf(ids, CHUNK)) {
      const rows = some.map(() => `(?, ?, ${connection.engine.now})`).join(', ');
      const values = some.flatMap((id): Value[] => [id, reason]);
      connection.owe(`INSERT INTO ${tombstones} (id, reason, ended_at) VALUES ${rows}`, values);
      connection.owe(`DELETE FROM ${sessions} WHERE id IN (${marks(some)})`, some);
    }
  }

  /**
   * Ends the next sessions in the order of their ids.
   * @param after the last id of the call before, or nothing
   * @returns the ids that were ended, in order: none when there are no more
   */
  async endSome(connection: SqlConnection, after: string, reason: EndReason): Promise<readonly string[]> {
    const sql = `SELECT id FROM ${this.tables().sessions} WHERE id > ? ORDER BY id LIMIT ${CHUNK}${connection.engine.lock}`;
    const ids = (await connection.rows(sql, [after])).map((row) => textOf(row, 'id'));
    this.end(connection, ids, reason);
    return ids;
  }

  /** Removes rows that are locked and have expired: nothing is left of them. */
  drop(connection: SqlConnection, ids: readonly string[]): void {
    for (const some of chunksOf(ids, CHUNK)) {
      connection.owe(`DELETE FROM ${this.tables().sessions} WHERE id IN (${marks(some)})`, some);
    }
  }
}

/** What is told of a session that was ended. */
export function endedOf({ id, userId, channel }: Standing): EndedSession {
  return { id, userId, channel };
}

function parsed(text: string): unknown {
  return JSON.parse(text);
}
