import { randomBytes } from 'node:crypto';
import type { Fence } from '../../core/ports/session-store.js';
import { marks } from './chunks.js';
import { textOf } from './record-row.js';
import type { SqlConnection } from './sql-connection.js';
import type { SqlTables } from './sql-tables.js';

/** How many fences one statement names. */
const CHUNK = 500;

/**
 * The fences. To lock one is to *update* its row, in a statement of its own: whoever comes second then sees in its next statement
 * what the first has done, and a caller's transaction that still sees less fails instead of missing a session (design §13).
 */
export class Fences {
  constructor(private readonly tables: () => SqlTables) {}

  /** Locks the user's fence, which is made if absent. */
  async take(connection: SqlConnection, userId: string): Promise<Fence> {
    const { engine } = connection;
    const insert = `INSERT INTO ${this.tables().fences} (user_id, value, seen_at) VALUES (?, ?, ${engine.now})`;
    const upsert = insert + engine.upsert('user_id', ['seen_at']);
    const values = [userId, randomFence()];
    if (engine.returns) {
      const [row] = await connection.rows(`${upsert} RETURNING value`, values);
      if (row) return textOf(row, 'value');
    } else {
      await connection.run(upsert, values);
    }
    const fence = await this.valueOf(connection, userId);
    if (fence === undefined) throw new Error('A fence that was just written is not there.');
    return fence;
  }

  /** Locks the user's fence, if there is one. */
  async lock(connection: SqlConnection, userId: string): Promise<Fence | undefined> {
    const { engine } = connection;
    const update = `UPDATE ${this.tables().fences} SET seen_at = ${engine.now} WHERE user_id = ?`;
    if (engine.returns) {
      const [row] = await connection.rows(`${update} RETURNING value`, [userId]);
      return row && textOf(row, 'value');
    }
    await connection.run(update, [userId]);
    return this.valueOf(connection, userId);
  }

  /** Moves the user's fence. An absent one counts as moved. */
  move(connection: SqlConnection, userId: string): void {
    connection.owe(`UPDATE ${this.tables().fences} SET value = ? WHERE user_id = ?`, [randomFence(), userId]);
  }

  /**
   * Removes the next fences in the order of their users, and so moves them.
   * @param after the last user of the call before, or nothing
   * @returns the last user, or `undefined` when there are no more
   */
  async forgetSome(connection: SqlConnection, after: string): Promise<string | undefined> {
    const { fences } = this.tables();
    const sql = `SELECT user_id FROM ${fences} WHERE user_id > ? ORDER BY user_id LIMIT ${CHUNK}${connection.engine.lock}`;
    const users = (await connection.rows(sql, [after])).map((row) => textOf(row, 'user_id'));
    if (users.length === 0) return undefined;
    await connection.run(`DELETE FROM ${fences} WHERE user_id IN (${marks(users)})`, users);
    return users.at(-1);
  }

  private async valueOf(connection: SqlConnection, userId: string): Promise<Fence | undefined> {
    const { fences } = this.tables();
    const [row] = await connection.rows(`SELECT value FROM ${fences} WHERE user_id = ?${connection.engine.lock}`, [userId]);
    return row && textOf(row, 'value');
  }
}

function randomFence(): Fence {
  return randomBytes(16).toString('base64url');
}
