import type { DataSource } from 'typeorm';
import { numberOf } from './record-row.js';
import type { SqlConnection } from './sql-connection.js';

/** What makes a SQLite, or the way to it, unfit to hold sessions. */
export async function sqliteFaults(connection: SqlConnection, dataSource: DataSource): Promise<readonly string[]> {
  const faults: string[] = [];
  if (dataSource.createQueryRunner() === dataSource.createQueryRunner()) {
    faults.push(
      'TypeORM lets all share one connection here, so that what one writes is lost when another rolls back: call serialiseSqlite(dataSource) before it is initialised.',
    );
  }
  if (Reflect.get(dataSource.options, 'statementCacheSize') !== 0) {
    faults.push('Statements that are kept prepared pass by serialiseSqlite: set statementCacheSize of the data source to 0.');
  }
  const [row = {}] = await connection.rows('PRAGMA synchronous');
  if (numberOf(row, 'synchronous') === 0) {
    faults.push('SQLite may forget in a crash that a session was ended (synchronous is OFF): set it to FULL.');
  }
  return faults;
}
