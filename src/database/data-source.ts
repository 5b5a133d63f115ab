import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConfig } from '../config/storage-config.js';
import { CreateUsers1760000000000 } from '../users/create-users.migration.js';
import { User } from '../users/user.entity.js';
import { embeddedOptions, serialise } from './embedded/embedded-database.js';
import { migrate } from './migrate.js';

/** Milliseconds to get a connection, and for one statement: past that the database counts as away. */
const CONNECT = 3_000;
const STATEMENT = 5_000;

/** TypeORM's options for either engine. Entities and migrations are named, not searched for. */
export function dataSourceOptions(config: DatabaseConfig): DataSourceOptions {
  const shared = { entities: [User], migrations: [CreateUsers1760000000000] };
  if (config.engine === 'embedded') return { ...embeddedOptions(config.file), ...shared };
  const limits = { connectionTimeoutMillis: CONNECT, statement_timeout: STATEMENT, query_timeout: STATEMENT + 1_000 };
  return { type: 'postgres', url: config.url, applicationName: 'hybrid-session', poolSize: 10, extra: limits, ...shared };
}

/** Opens the database and brings its tables up to date. */
export async function openDatabase(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = new DataSource(options);
  serialise(dataSource);
  await dataSource.initialize();
  try {
    await migrate(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}
