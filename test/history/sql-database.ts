import { randomBytes } from 'node:crypto';
import { sessionEntities, sessionMigrations } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import type { SqlStore } from './worker-setup.js';

/** A place for sessions in a SQL server, shared by all workers of a test and dropped after it. */
export interface SqlDatabase {
  readonly store: SqlStore;
  close(): Promise<void>;
}

/** Opens the store's tables in a schema (PostgreSQL) or database (MariaDB) of the test's own. */
export async function openSqlDatabase(type: SqlStore['options']['type']): Promise<SqlDatabase> {
  const name = `nhs_${randomBytes(6).toString('hex')}`;
  const server = new URL(process.env[type === 'postgres' ? 'DATABASE_URL' : 'MARIADB_URL'] ?? '');
  const kind = type === 'postgres' ? 'SCHEMA' : 'DATABASE';
  const owner = await new DataSource({ type, url: server.href }).initialize();
  await owner.query(`CREATE ${kind} ${name}`);
  if (type === 'mariadb') server.pathname = `/${name}`;
  const options: SqlStore['options'] =
    type === 'postgres' ? { type, url: server.href, schema: name } : { type, url: server.href };
  const tables = new DataSource({ ...options, entities: [...sessionEntities], migrations: [...sessionMigrations] });
  await (await tables.initialize()).runMigrations();
  await tables.destroy();
  const close = async () => {
    await owner.query(`DROP ${kind} ${name}${type === 'postgres' ? ' CASCADE' : ''}`);
    await owner.destroy();
  };
  return { store: { engine: 'sql', options }, close };
}
