import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { auditEntities } from '../src/stores/typeorm/audit/audit-entities.js';
import { auditMigrations } from '../src/stores/typeorm/audit/audit-migrations.js';
import { journalEntities } from '../src/stores/typeorm/journal-entities.js';
import { journalMigrations } from '../src/stores/typeorm/journal-migrations.js';
import { signalEntities } from '../src/stores/typeorm/signals/signal-entities.js';
import { signalMigrations } from '../src/stores/typeorm/signals/signal-migrations.js';
import { signingKeyEntities } from '../src/stores/typeorm/keys/signing-key-entities.js';
import { signingKeyMigrations } from '../src/stores/typeorm/keys/signing-key-migrations.js';
import { sessionEntities } from '../src/stores/typeorm/session-entities.js';
import { sessionMigrations } from '../src/stores/typeorm/session-migrations.js';
import { serialiseSqlite } from '../src/stores/typeorm/sqlite/serialise-sqlite.js';
import { LibsqlDriver } from './libsql-driver.js';

/** A database of a test's own, with our migrations run. */
export interface SqlDatabase {
  readonly options: DataSourceOptions;
  readonly dataSource: DataSource;
  /** Another data source over the same database, closed with it. */
  readonly another: (options?: Partial<DataSourceOptions>) => Promise<DataSource>;
  readonly close: () => Promise<void>;
}

/** An engine to prove a store on. */
export interface SqlEngineUnderTest {
  readonly name: 'postgres' | 'mariadb' | 'sqlite';
  readonly open: () => Promise<SqlDatabase>;
}

const tables = {
  entities: [...sessionEntities, ...journalEntities, ...auditEntities, ...signingKeyEntities, ...signalEntities],
  migrations: [...sessionMigrations, ...journalMigrations, ...auditMigrations, ...signingKeyMigrations, ...signalMigrations],
};

/** The address of a server that the environment names, or that the test set-up has started. */
function serverUrl(variable: 'DATABASE_URL' | 'MARIADB_URL'): string {
  const url = process.env[variable];
  if (!url)
    throw new Error(`${variable} names no server. Install PostgreSQL and MariaDB, or set it: the store is proved on real ones.`);
  return url;
}

/** PostgreSQL, in a schema of its own. */
export const POSTGRES: SqlEngineUnderTest = {
  name: 'postgres',
  open: async () => {
    const url = serverUrl('DATABASE_URL');
    const schema = `nhs_${randomBytes(6).toString('hex')}`;
    const owner = await new DataSource({ type: 'postgres', url }).initialize();
    await owner.query(`CREATE SCHEMA ${schema}`);
    const limits = { connectionTimeoutMillis: 3_000, statement_timeout: 5_000 };
    return opened({ type: 'postgres', url, schema, extra: limits, ...tables }, async () => {
      await owner.query(`DROP SCHEMA ${schema} CASCADE`);
      await owner.destroy();
    });
  },
};

/** MariaDB, in a database of its own. */
export const MARIADB: SqlEngineUnderTest = {
  name: 'mariadb',
  open: async () => {
    const url = serverUrl('MARIADB_URL');
    const database = `nhs_${randomBytes(6).toString('hex')}`;
    const owner = await new DataSource({ type: 'mariadb', url }).initialize();
    await owner.query(`CREATE DATABASE ${database}`);
    const own = new URL(url);
    own.pathname = `/${database}`;
    return opened({ type: 'mariadb', url: own.href, ...tables }, async () => {
      await owner.query(`DROP DATABASE ${database}`);
      await owner.destroy();
    });
  },
};

/** Milliseconds that SQLite waits for another writer. This process stands still meanwhile, the other writer of a test included. */
const OTHERS = 1;

/** SQLite by libsql, in a file of its own. */
export const SQLITE: SqlEngineUnderTest = {
  name: 'sqlite',
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nhs-store-'));
    const options = {
      type: 'better-sqlite3',
      database: join(folder, 'sessions.db'),
      driver: LibsqlDriver,
      timeout: OTHERS,
    } as const;
    return opened({ ...options, statementCacheSize: 0, ...tables }, () => rm(folder, { recursive: true }));
  },
};

/** Every engine that the store promises to work on. */
export const SQL_ENGINES: readonly SqlEngineUnderTest[] = [POSTGRES, MARIADB, SQLITE];

async function opened(options: DataSourceOptions, cleanUp: () => Promise<void>): Promise<SqlDatabase> {
  const sources: DataSource[] = [];
  const open = async (over: Partial<DataSourceOptions> = {}) => {
    const dataSource = new DataSource({ ...options, ...over } as DataSourceOptions);
    serialiseSqlite(dataSource);
    sources.push(await dataSource.initialize());
    return dataSource;
  };
  const dataSource = await open();
  await dataSource.runMigrations();
  const close = async () => {
    for (const source of sources) if (source.isInitialized) await source.destroy();
    await cleanUp();
  };
  return { options, dataSource, another: open, close };
}
