import type { DataSourceOptions } from 'typeorm';
import { LibsqlDriver } from './libsql-driver.js';

/** Milliseconds that a write waits for one of another process. This process stands still meanwhile. */
const OTHERS = 100;

/** TypeORM's options for the database in a file. What was answered "done" has reached the disk, also when the process is killed. */
export function embeddedOptions(file: string) {
  return {
    type: 'better-sqlite3',
    database: file,
    driver: LibsqlDriver,
    timeout: OTHERS,
    statementCacheSize: 0, // serialiseSqlite needs it
    prepareDatabase: (database: LibsqlDriver) => {
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
    },
  } as const satisfies DataSourceOptions;
}
