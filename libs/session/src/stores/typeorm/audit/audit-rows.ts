import { type AuditPlace, type AuditSpan, GENESIS, type Voucher } from '../../../core/audit/audit-chain.js';
import type { AuditEntry } from '../../../core/audit/audit-entry.js';
import { marks } from '../chunks.js';
import { numberOf, type Row, textOf, type Value } from '../record-row.js';
import type { SqlConnection } from '../sql-connection.js';
import type { AuditTables } from './audit-tables.js';

/** An entry in its place. */
export interface StoredEntry extends AuditPlace, Voucher {
  readonly text: string;
  /** What the columns beside the text say, in the order of {@link columnsOf}. */
  readonly columns: readonly Value[];
}

/** The span of the trail, with the word of the server for it. */
export interface StoredSpan extends AuditSpan, Voucher {}

const FOUND_BY = ['id', 'at', 'type', 'owasp', 'user_id', 'actor_id', 'session_id'] as const;
const COLUMNS = ['seq', ...FOUND_BY, 'text', 'hash', 'key_id', 'mac'];
const SPAN_COLUMNS = 'seq, hash, base_seq, base_hash, key_id, mac';
/** There is one trail. */
const NAME = 'trail';

/** The statements of the audit trail. */
export class AuditRows {
  constructor(private readonly tables: () => AuditTables) {}

  /** Locks the span until the transaction ends; `undefined` when there is none yet, which keeps others out as well. */
  async lockSpan(connection: SqlConnection): Promise<StoredSpan | undefined> {
    const { heads } = this.tables();
    const { engine } = connection;
    // The upsert locks in every engine. Who comes second sees in the next statement what the first has committed.
    const insert = `INSERT INTO ${heads} (name, ${SPAN_COLUMNS}) VALUES (?, 0, '', 0, '', '', '')`;
    await connection.run(insert + engine.upsert('name', ['name']), [NAME]);
    return this.spanOf(await connection.rows(`SELECT ${SPAN_COLUMNS} FROM ${heads} WHERE name = ?${engine.lock}`, [NAME]));
  }

  /** The span as it is now. */
  async span(connection: SqlConnection): Promise<StoredSpan | undefined> {
    return this.spanOf(await connection.rows(`SELECT ${SPAN_COLUMNS} FROM ${this.tables().heads} WHERE name = ?`, [NAME]));
  }

  async writeSpan(connection: SqlConnection, { head, base, keyId, mac }: StoredSpan): Promise<void> {
    const set = 'seq = ?, hash = ?, base_seq = ?, base_hash = ?, key_id = ?, mac = ?';
    const values = [head.seq, head.hash, base.seq, base.hash, keyId, mac, NAME];
    await connection.run(`UPDATE ${this.tables().heads} SET ${set} WHERE name = ?`, values);
  }

  /** The last place that has an entry, whatever the span says. */
  last(connection: SqlConnection): Promise<AuditPlace | undefined> {
    return this.place(connection, 'ORDER BY seq DESC LIMIT 1', []);
  }

  /** The place of this number. */
  at(connection: SqlConnection, seq: number): Promise<AuditPlace | undefined> {
    return this.place(connection, 'WHERE seq = ?', [seq]);
  }

  /** Those of these ids that have a place after `seq`. */
  async known(connection: SqlConnection, ids: readonly string[], seq: number): Promise<ReadonlySet<string>> {
    const sql = `SELECT id FROM ${this.tables().audit} WHERE seq > ? AND id IN (${marks(ids)})`;
    return new Set((await connection.rows(sql, [seq, ...ids])).map((row) => textOf(row, 'id')));
  }

  async insert(connection: SqlConnection, entries: readonly StoredEntry[]): Promise<void> {
    const values = entries.flatMap(({ seq, columns, text, hash, keyId, mac }) => [seq, ...columns, text, hash, keyId, mac]);
    const rows = entries.map(() => `(${marks(COLUMNS)})`).join(', ');
    await connection.run(`INSERT INTO ${this.tables().audit} (${COLUMNS.join(', ')}) VALUES ${rows}`, values);
  }

  /** The entries after a place, in their order. */
  async after(connection: SqlConnection, seq: number, limit: number): Promise<readonly StoredEntry[]> {
    return this.select(connection, `WHERE seq > ? ORDER BY seq LIMIT ${limit}`, [seq]);
  }

  /** Entries by a condition on the columns. */
  async select(connection: SqlConnection, condition: string, values: readonly Value[]): Promise<readonly StoredEntry[]> {
    const sql = `SELECT ${COLUMNS.join(', ')} FROM ${this.tables().audit} ${condition}`;
    return (await connection.rows(sql, values)).map(entryOf);
  }

  /** The last place of those up to which every entry is older than `olderThan`, `limit` entries at the most. */
  async endOfOld(connection: SqlConnection, olderThan: number, limit: number): Promise<AuditPlace | undefined> {
    const { audit } = this.tables();
    const oldest = `SELECT seq, at, hash FROM ${audit} ORDER BY seq LIMIT ${limit}`;
    const rows = await connection.rows(oldest);
    const young = rows.findIndex((row) => numberOf(row, 'at') >= olderThan);
    const row = rows.at(young === -1 ? rows.length - 1 : young - 1);
    return young === 0 || !row ? undefined : placeOf(row);
  }

  /** Removes the entries up to a place; answers how many. */
  removeThrough(connection: SqlConnection, seq: number): Promise<number> {
    return connection.run(`DELETE FROM ${this.tables().audit} WHERE seq <= ?`, [seq]);
  }

  private async place(connection: SqlConnection, condition: string, values: readonly Value[]): Promise<AuditPlace | undefined> {
    const [row] = await connection.rows(`SELECT seq, hash FROM ${this.tables().audit} ${condition}`, values);
    return row && placeOf(row);
  }

  private spanOf([row]: readonly Row[]): StoredSpan | undefined {
    if (!row || textOf(row, 'mac') === '') return undefined;
    return {
      head: placeOf(row),
      base: { seq: numberOf(row, 'base_seq'), hash: textOf(row, 'base_hash') },
      keyId: textOf(row, 'key_id'),
      mac: textOf(row, 'mac'),
    };
  }
}

/** What the columns of an entry say. */
export function columnsOf({ id, at, type, owasp, userId, actorId, sessionId }: AuditEntry): readonly Value[] {
  return [
    id.slice(0, 32),
    at,
    type.slice(0, 64),
    owasp ?? null,
    userId ?? null,
    actorId ?? null,
    sessionId?.slice(0, 64) ?? null,
  ];
}

/** The place before the first entry. */
export const BEGINNING: AuditPlace = { seq: 0, hash: GENESIS };

function placeOf(row: Row): AuditPlace {
  return { seq: numberOf(row, 'seq'), hash: textOf(row, 'hash') };
}

function entryOf(row: Row): StoredEntry {
  const columns = FOUND_BY.map((name) => {
    if (name === 'at') return numberOf(row, name);
    return row[name] === null || row[name] === undefined ? null : textOf(row, name);
  });
  return { ...placeOf(row), text: textOf(row, 'text'), keyId: textOf(row, 'key_id'), mac: textOf(row, 'mac'), columns };
}
