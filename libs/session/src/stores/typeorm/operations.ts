import type { OperationId } from '../../core/ports/session-store.js';
import { numberOf, textOf } from './record-row.js';
import type { SqlConnection } from './sql-connection.js';
import type { SqlTables } from './sql-tables.js';

/** MySQL's `text` takes 65,535 bytes; a character may take four. */
const PART = 16_000;

/** What operations came to. Written in the transaction of the operation itself, read once the row is locked that it begins with. */
export class Operations {
  constructor(private readonly tables: () => SqlTables) {}

  /** What the operation came to when it was first asked for. */
  async recall(connection: SqlConnection, operation: OperationId): Promise<unknown> {
    const parts = await connection.rows(`SELECT outcome, part FROM ${this.tables().operations} WHERE id = ?`, [operation]);
    if (parts.length === 0) return undefined;
    const inOrder = parts.toSorted((a, b) => numberOf(a, 'part') - numberOf(b, 'part'));
    return JSON.parse(inOrder.map((row) => textOf(row, 'outcome')).join(''));
  }

  /** Remembers an outcome. The same operation, under way elsewhere at the same time, fails here and is asked again. */
  remember(connection: SqlConnection, operation: OperationId, outcome: unknown): void {
    const text = JSON.stringify(outcome);
    for (let part = 0; part * PART < text.length; part += 1) {
      connection.owe(
        `INSERT INTO ${this.tables().operations} (id, part, outcome, done_at) VALUES (?, ?, ?, ${connection.engine.now})`,
        [operation, part, text.slice(part * PART, (part + 1) * PART)],
      );
    }
  }
}
