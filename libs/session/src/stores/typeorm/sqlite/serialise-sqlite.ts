import type { DataSource } from 'typeorm';
import { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { SerialisedQueryRunner } from './serialised-query-runner.js';
import { Turnstile } from './turnstile.js';

/**
 * Lets everybody use the one connection of a SQLite data source one after the other: transactions of one request then take in nothing
 * of another's. To be called before the data source is initialised, with `statementCacheSize: 0` among its options. Leaves other
 * engines alone.
 */
export function serialiseSqlite(dataSource: DataSource): void {
  const { driver } = dataSource;
  if (!(driver instanceof BetterSqlite3Driver)) return;
  const turnstile = new Turnstile();
  driver.createQueryRunner = () => new SerialisedQueryRunner(driver, turnstile);
}
