import type { Appended, JournalAct, JournalDraft, JournalEntry } from '../../core/ports/journal.js';
import { chunksOf, marks } from './chunks.js';
import { numberOf, type Row, textOf } from './record-row.js';
import type { SqlConnection } from './sql-connection.js';

/** The tables of the journal as they are written in SQL. */
export interface JournalTables {
  readonly journal: string;
  readonly heads: string;
}

/** How many slots, or rows, one statement names. */
const CHUNK = 100;
/** How many entries one call removes at the most. */
const PRUNED = 2_000;

/** The statements of the journal. */
export class JournalRows {
  constructor(private readonly tables: () => JournalTables) {}

  /** Locks the slot, which is made if absent, until the transaction ends; answers its last sequence number. */
  async lock(connection: SqlConnection, slot: string): Promise<number> {
    const { heads } = this.tables();
    const { engine } = connection;
    // The upsert locks in every engine. Who comes second sees in the next statement what the first has committed.
    const insert = `INSERT INTO ${heads} (slot, head, settled, unsettled) VALUES (?, 0, 0, 1)`;
    await connection.run(insert + engine.upsert('slot', ['unsettled']), [slot]);
    const [row] = await connection.rows(`SELECT head FROM ${heads} WHERE slot = ?${engine.lock}`, [slot]);
    if (!row) throw new Error('A slot that was just written is not there.');
    return numberOf(row, 'head');
  }

  /** Where these operations are, those that are in the journal. */
  async placesOf(connection: SqlConnection, operations: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const sql = `SELECT operation, seq FROM ${this.tables().journal} WHERE operation IN (${marks(operations)})`;
    const rows = await connection.rows(sql, operations);
    return new Map(rows.map((row) => [textOf(row, 'operation'), numberOf(row, 'seq')]));
  }

  /** Writes those drafts that are not in the journal yet. To be called in a transaction. */
  async append(connection: SqlConnection, slot: string, drafts: readonly JournalDraft[], position: number): Promise<Appended> {
    const { journal, heads } = this.tables();
    const previous = await this.lock(connection, slot);
    const known = await this.placesOf(
      connection,
      drafts.map(({ operation }) => operation),
    );
    const places = new Map(known);
    let head = Math.max(previous, position);
    const values: (string | number)[] = [];
    for (const { operation, act, at, until } of drafts) {
      if (places.has(operation)) continue;
      head += 1;
      places.set(operation, head);
      values.push(slot, head, operation, at, until, JSON.stringify(act));
    }
    if (values.length > 0) {
      const rows = Array.from({ length: values.length / 6 }, () => '(?, ?, ?, ?, ?, ?)').join(', ');
      await connection.run(`INSERT INTO ${journal} (slot, seq, operation, asked_at, until_at, act) VALUES ${rows}`, values);
      await connection.run(`UPDATE ${heads} SET head = ? WHERE slot = ?`, [head, slot]);
    }
    return { sequences: drafts.map(({ operation }) => places.get(operation) ?? 0), previous };
  }

  /** The entries after these positions, in their order, `limit` at the most. */
  async after(
    connection: SqlConnection,
    positions: ReadonlyMap<string, number>,
    limit: number,
  ): Promise<readonly JournalEntry[]> {
    const { journal, heads } = this.tables();
    const found: JournalEntry[] = [];
    for (const some of chunksOf([...positions], CHUNK)) {
      const wanted = some.map(() => '(j.slot = ? AND j.seq > ?)').join(' OR ');
      const columns = 'j.slot, j.seq, j.operation, j.asked_at, j.until_at, j.act, h.settled';
      const sql = `SELECT ${columns} FROM ${journal} j JOIN ${heads} h ON h.slot = j.slot WHERE ${wanted} ORDER BY j.slot, j.seq LIMIT ${limit - found.length}`;
      const rows = await connection.rows(sql, some.flat());
      for (const row of rows) found.push(entryOf(row));
      if (found.length >= limit) break;
    }
    return found;
  }

  /** The last sequence number of every slot, or of those that may have something to be applied. */
  async heads(connection: SqlConnection, onlyUnsettled: boolean): Promise<ReadonlyMap<string, number>> {
    const where = onlyUnsettled ? ' WHERE unsettled = 1' : '';
    const rows = await connection.rows(`SELECT slot, head FROM ${this.tables().heads}${where}`);
    return new Map(rows.map((row) => [textOf(row, 'slot'), numberOf(row, 'head')]));
  }

  /** Notes how far a slot was applied; leaves out one that is being written to. To be called in a transaction. */
  async settle(connection: SqlConnection, applied: readonly (readonly [slot: string, sequence: number])[]): Promise<void> {
    const { heads } = this.tables();
    for (const some of chunksOf(applied, CHUNK)) {
      const sql = `SELECT slot, head, settled FROM ${heads} WHERE slot IN (${marks(some)})${connection.engine.lockFree}`;
      const rows = await connection.rows(
        sql,
        some.map(([slot]) => slot),
      );
      const upTo = new Map(some);
      for (const row of rows) {
        const slot = textOf(row, 'slot');
        const settled = Math.max(numberOf(row, 'settled'), upTo.get(slot) ?? 0);
        const unsettled = settled >= numberOf(row, 'head') ? 0 : 1;
        await connection.run(`UPDATE ${heads} SET settled = ?, unsettled = ? WHERE slot = ?`, [settled, unsettled, slot]);
      }
    }
  }

  /** Removes what nobody needs any more. To be called in a transaction. */
  async prune(connection: SqlConnection, now: number): Promise<number> {
    const { journal } = this.tables();
    const sql = `SELECT operation FROM ${journal} WHERE until_at < ? ORDER BY until_at LIMIT ${PRUNED}${connection.engine.lockFree}`;
    const rows = await connection.rows(sql, [now]);
    for (const some of chunksOf(
      rows.map((row) => textOf(row, 'operation')),
      CHUNK,
    )) {
      await connection.run(`DELETE FROM ${journal} WHERE operation IN (${marks(some)})`, some);
    }
    return rows.length;
  }
}

function entryOf(row: Row): JournalEntry {
  const sequence = numberOf(row, 'seq');
  return {
    slot: textOf(row, 'slot'),
    sequence,
    operation: textOf(row, 'operation'),
    at: numberOf(row, 'asked_at'),
    until: numberOf(row, 'until_at'),
    act: actOf(textOf(row, 'act')),
    settled: sequence <= numberOf(row, 'settled'),
  };
}

/** What this library wrote. Whoever can write to the journal can end sessions and put back older records, no more (P6). */
function actOf(json: string): JournalAct {
  return JSON.parse(json) as JournalAct;
}
