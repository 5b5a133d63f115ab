import type { DataSource } from 'typeorm';
import { mysqlFaults } from './mysql-faults.js';
import { postgresFaults } from './postgres-faults.js';
import type { SqlConnection } from './sql-connection.js';
import { StatementFailure } from './sql-connection.js';
import { sqliteFaults } from './sqlite-faults.js';

/** Tables as they are written in SQL. */
export type NamedTables = Readonly<Record<string, string>>;

/** Whose tables they are, and what makes them. */
interface Belongings {
  readonly of: string;
  readonly migrations: string;
}

const SESSIONS: Belongings = { of: 'the session store', migrations: '[...sessionMigrations]' };
const FAULTS = { postgres: postgresFaults, mysql: mysqlFaults, sqlite: sqliteFaults };

/** What makes this database, or the way to it, unfit to hold sessions, each with its cure (design §13). */
export async function sqlFaults(
  connection: SqlConnection,
  dataSource: DataSource,
  tables: NamedTables,
  { of, migrations }: Belongings = SESSIONS,
): Promise<readonly string[]> {
  const missing = await missingTables(connection, tables);
  if (missing.length > 0) {
    return [
      `Tables of ${of} are missing (${missing.join(', ')}): put ${migrations} among the migrations of the data source, and run them.`,
    ];
  }
  return FAULTS[connection.engine.name](connection, dataSource, tables);
}

async function missingTables(connection: SqlConnection, tables: NamedTables): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const table of Object.values(tables)) {
    try {
      await connection.rows(`SELECT 1 FROM ${table} WHERE 1 = 0`);
    } catch (error) {
      if (!(error instanceof StatementFailure) || error.failure !== 'missing') throw error;
      missing.push(table);
    }
  }
  return missing;
}
