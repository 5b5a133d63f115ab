import {
  auditEntities,
  auditMigrations,
  journalEntities,
  journalMigrations,
  serialiseSqlite,
  sessionEntities,
  sessionMigrations,
  signalEntities,
  signalMigrations,
  signingKeyEntities,
  signingKeyMigrations,
} from 'nestjs-hybrid-session/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConfig } from '../config/storage-config.js';
import { AddRolesVersion1764200000000 } from '../users/add-roles-version.migration.js';
import { CreateUsers1760000000000 } from '../users/create-users.migration.js';
import { User } from '../users/user.entity.js';
import { embeddedOptions } from './embedded/embedded-database.js';
import { migrate } from './migrate.js';

/** Milliseconds to get a connection, and for one statement: past that the database counts as away. */
const CONNECT = 3_000;
const STATEMENT = 5_000;
const POOL = 10;

/** TypeORM's options for either engine. Entities and migrations are named, not searched for. */
export function dataSourceOptions(config: DatabaseConfig): DataSourceOptions {
  const tables = {
    entities: [User, ...sessionEntities, ...journalEntities, ...auditEntities, ...signingKeyEntities, ...signalEntities],
    migrations: [
      CreateUsers1760000000000,
      ...sessionMigrations,
      ...journalMigrations,
      AddRolesVersion1764200000000,
      ...auditMigrations,
      ...signingKeyMigrations,
      ...signalMigrations,
    ],
  };
  if (config.engine === 'embedded') return { ...embeddedOptions(config.file), ...tables };
  return { ...serverOptions(config.url), applicationName: 'hybrid-session', poolSize: POOL, ...tables };
}

/**
 * The same for the sessions alone, in a pool of their own: a request that has a connection to the users, and waits for one to the
 * sessions, must not be what others wait for. One more, since one of them listens.
 */
export function sessionPoolOptions(url: string): DataSourceOptions {
  return { ...serverOptions(url), applicationName: 'hybrid-session sessions', poolSize: POOL + 1, entities: sessionEntities };
}

function serverOptions(url: string) {
  const limits = { connectionTimeoutMillis: CONNECT, statement_timeout: STATEMENT, query_timeout: STATEMENT + 1_000 };
  return { type: 'postgres', url, extra: limits } as const satisfies DataSourceOptions;
}

/** Opens the database and brings its tables up to date. */
export async function openDatabase(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = new DataSource(options);
  serialiseSqlite(dataSource);
  await dataSource.initialize();
  try {
    await migrate(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}
