import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SQL_ENGINES, type SqlDatabase } from '../../../spec/sql-databases.js';
import { chunksOf, marks } from './chunks.js';
import { DatabaseLink } from './database-link.js';
import { numberOf } from './record-row.js';
import type { SqlConnection } from './sql-connection.js';
import { tablesOf } from './sql-tables.js';

describe.each(SQL_ENGINES)('Changes that are owed on $name', ({ open }) => {
  let database: SqlDatabase;
  let link: DatabaseLink;
  let tombstones: string;
  beforeAll(async () => {
    database = await open();
    link = new DatabaseLink(database.dataSource, 30_000);
    ({ tombstones } = tablesOf(database.dataSource));
  });
  afterAll(() => database.close());

  const bury = (connection: SqlConnection, ids: readonly string[]) =>
    connection.owe(
      `INSERT INTO ${tombstones} (id, reason, ended_at) VALUES ${ids.map(() => `(?, 'logout', 1)`).join(', ')}`,
      ids,
    );
  const unbury = (connection: SqlConnection, ids: readonly string[]) =>
    connection.owe(`DELETE FROM ${tombstones} WHERE id IN (${marks(ids)})`, ids);
  const found = async (connection: SqlConnection, like: string) => {
    const [row] = await connection.rows(`SELECT COUNT(*) AS found FROM ${tombstones} WHERE id LIKE ?`, [`${like}%`]);
    return row && numberOf(row, 'found');
  };

  it('are made before anything is asked, and in their order', async () => {
    const seen = await link.step(async (connection) => {
      bury(connection, ['order 1', 'order 2']);
      const made = await found(connection, 'order');
      unbury(connection, ['order 1']);
      return [made, await connection.run(`DELETE FROM ${tombstones} WHERE id LIKE ?`, ['order%'])];
    });
    expect(seen).toEqual([2, 1]);
  });

  it.each(['step', 'ask'] as const)('are made at the end (%s)', async (way) => {
    await link[way](async (connection) => {
      bury(connection, [`${way} 1`]);
      bury(connection, [`${way} 2`]);
    });
    expect(await link.ask((connection) => found(connection, way))).toBe(2);
  });

  it('are forgotten by a step that fails, and by a try that is done again', async () => {
    const failing = link.step(async (connection) => {
      bury(connection, ['failed']);
      throw new Error('that went wrong');
    });
    await expect(failing).rejects.toThrow('that went wrong');
    await link.ask(async (connection) => bury(connection, ['again']));
    let tries = 0;
    await link.step(async (connection) => {
      tries += 1;
      bury(connection, tries === 1 ? ['failed', 'again'] : ['again 2']);
    });
    expect(tries).toBe(2);
    expect(await link.ask((connection) => found(connection, 'failed'))).toBe(0);
    expect(await link.ask((connection) => found(connection, 'again'))).toBe(2);
  });

  it('are rolled back with the rest', async () => {
    const left = await link.ask(async (connection) => {
      await connection.begin();
      bury(connection, ['rolled back 1']);
      await connection.settle();
      bury(connection, ['rolled back 2']);
      await connection.rollBack();
      return found(connection, 'rolled back');
    });
    expect(left).toBe(0);
  });

  it('may be more than one statement takes', async () => {
    const ids = Array.from({ length: 70_000 }, (_, at) => `many ${at}`);
    await link.step(async (connection) => {
      for (const some of chunksOf(ids, 500)) bury(connection, some);
    });
    expect(await link.ask((connection) => found(connection, 'many'))).toBe(ids.length);
  });
});
