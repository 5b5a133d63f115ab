import { chunksOf, marks } from '../chunks.js';
import { numberOf, type Row, textOf } from '../record-row.js';
import type { SqlConnection } from '../sql-connection.js';
import type { SignalTables } from './signal-tables.js';

/** Entries of the trail that one call takes at the most. */
const TAKEN_AT_ONCE = 2_000;
/** Rows in one statement: SQLite takes 999 parameters where it is old. */
const AT_ONCE = 150;
/** That of a stream which has not begun. */
const NOWHERE = -1;

/** An entry that a stream is told of. */
interface TakenEntry {
  readonly seq: number;
  readonly id: string;
}

/** A signal with what the trail says of it; without `text` the entry is gone, without `previous` the one before it. */
export interface SignalLine {
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly text: string | undefined;
  readonly hash: string;
  readonly keyId: string;
  readonly mac: string;
  readonly previous: string | undefined;
}

/** The statements of the signals. */
export class SignalRows {
  constructor(private readonly tables: () => SignalTables) {}

  /** Up to where a stream has taken the trail; `undefined` of one that has not begun. */
  async position(connection: SqlConnection, stream: string): Promise<number | undefined> {
    const select = `SELECT position FROM ${this.tables().streams} WHERE stream = ?`;
    return positionOf(await connection.rows(select, [stream]));
  }

  /** The same, and no one else takes anything until the transaction ends. */
  async lockPosition(connection: SqlConnection, stream: string): Promise<number | undefined> {
    const { streams } = this.tables();
    const { engine } = connection;
    const insert = `INSERT INTO ${streams} (stream, position, claimed_until) VALUES (?, ?, 0)`;
    await connection.run(insert + engine.upsert('stream', ['stream']), [stream, NOWHERE]);
    return positionOf(await connection.rows(`SELECT position FROM ${streams} WHERE stream = ?${engine.lock}`, [stream]));
  }

  async move(connection: SqlConnection, stream: string, position: number): Promise<void> {
    await connection.run(`UPDATE ${this.tables().streams} SET position = ? WHERE stream = ?`, [position, stream]);
  }

  /** The entries of these types in a part of the trail, and how far they reach: not to its end when there are too many. */
  async ofTrail(connection: SqlConnection, after: number, end: number, types: readonly string[]) {
    const select = `SELECT seq, id FROM ${this.tables().audit} WHERE seq > ? AND seq <= ? AND type IN (${marks(types)})`;
    const rows = await connection.rows(`${select} ORDER BY seq LIMIT ${TAKEN_AT_ONCE}`, [after, end, ...types]);
    const entries: readonly TakenEntry[] = rows.map((row) => ({ seq: numberOf(row, 'seq'), id: textOf(row, 'id') }));
    return { entries, reached: entries.length < TAKEN_AT_ONCE ? end : (entries.at(-1)?.seq ?? end) };
  }

  async add(connection: SqlConnection, stream: string, entries: readonly TakenEntry[], now: number): Promise<void> {
    for (const some of chunksOf(entries, AT_ONCE)) {
      const rows = some.map(() => '(?, ?, ?, ?, ?)').join(', ');
      const values = some.flatMap(({ seq, id }) => [stream, seq, id, now, 0]);
      const insert = `INSERT INTO ${this.tables().signals} (stream, seq, id, at, due_at) VALUES ${rows}`;
      await connection.run(insert + connection.engine.upsert('stream, seq', ['id']), values);
    }
  }

  /** The oldest that are not put off, each with the entry, and with the hash of the one before. */
  async due(connection: SqlConnection, stream: string, now: number, limit: number): Promise<readonly SignalLine[]> {
    const { signals, audit } = this.tables();
    const select = 'SELECT s.seq, s.id, s.at, e.text, e.hash, e.key_id, e.mac, p.hash AS previous';
    const joins = `LEFT JOIN ${audit} e ON e.seq = s.seq AND e.id = s.id LEFT JOIN ${audit} p ON p.seq = s.seq - 1`;
    const where = `WHERE s.stream = ? AND s.due_at <= ? ORDER BY s.due_at, s.seq LIMIT ${limit}`;
    return (await connection.rows(`${select} FROM ${signals} s ${joins} ${where}`, [stream, now])).map(lineOf);
  }

  async remove(connection: SqlConnection, stream: string, ids: readonly string[]): Promise<number> {
    let count = 0;
    for (const some of chunksOf(ids, AT_ONCE)) {
      const remove = `DELETE FROM ${this.tables().signals} WHERE stream = ? AND id IN (${marks(some)})`;
      count += await connection.run(remove, [stream, ...some]);
    }
    return count;
  }

  async putOff(connection: SqlConnection, stream: string, id: string, until: number): Promise<void> {
    await connection.run(`UPDATE ${this.tables().signals} SET due_at = ? WHERE stream = ? AND id = ?`, [until, stream, id]);
  }

  expire(connection: SqlConnection, stream: string, before: number): Promise<number> {
    return connection.run(`DELETE FROM ${this.tables().signals} WHERE stream = ? AND at < ?`, [stream, before]);
  }

  claim(connection: SqlConnection, stream: string, now: number, until: number): Promise<number> {
    const update = `UPDATE ${this.tables().streams} SET claimed_until = ? WHERE stream = ? AND claimed_until <= ?`;
    return connection.run(update, [until, stream, now]);
  }

  extend(connection: SqlConnection, stream: string, from: number, until: number): Promise<number> {
    const update = `UPDATE ${this.tables().streams} SET claimed_until = ? WHERE stream = ? AND claimed_until = ?`;
    return connection.run(update, [until, stream, from]);
  }
}

function positionOf([row]: readonly Row[]): number | undefined {
  const position = row ? numberOf(row, 'position') : NOWHERE;
  return position === NOWHERE ? undefined : position;
}

function lineOf(row: Row): SignalLine {
  const text = (name: string) => (row[name] === null || row[name] === undefined ? undefined : textOf(row, name));
  return {
    seq: numberOf(row, 'seq'),
    id: textOf(row, 'id'),
    at: numberOf(row, 'at'),
    text: text('text'),
    hash: text('hash') ?? '',
    keyId: text('key_id') ?? '',
    mac: text('mac') ?? '',
    previous: text('previous'),
  };
}
