import { DataSource, type DataSourceOptions } from 'typeorm';
import { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { LibsqlDriver } from './libsql-driver.js';
import { SerialisedQueryRunner } from './serialised-query-runner.js';
import { Turnstile } from './turnstile.js';

/** TypeORM's options for the database in a file. What was answered "done" has reached the disk, also when the process is killed. */
export function embeddedOptions(file: string) {
  return {
    type: 'better-sqlite3',
    database: file,
    driver: LibsqlDriver,
    statementCacheSize: 0, // see SerialisedQueryRunner
    prepareDatabase: (database: LibsqlDriver) => {
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
    },
  } as const satisfies DataSourceOptions;
}

/** Lets everybody use the one connection one after the other; to be called before the data source is initialised. */
export function serialise(dataSource: DataSource): void {
  const { driver } = dataSource;
  if (!(driver instanceof BetterSqlite3Driver)) return;
  const turnstile = new Turnstile();
  driver.createQueryRunner = () => new SerialisedQueryRunner(driver, turnstile);
}
