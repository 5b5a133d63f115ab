import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import type { DatabaseConfig } from '../../config/storage-config.js';
import { dataSourceOptions, openDatabase } from '../data-source.js';

/** A database of a test's own, with all migrations run. */
export interface TestDatabase {
  readonly dataSource: DataSource;
  readonly config: DatabaseConfig;
  readonly close: () => Promise<void>;
}

/** An engine to run a test on. */
export interface Engine {
  readonly name: DatabaseConfig['engine'];
  readonly open: () => Promise<TestDatabase>;
}

const postgresUrl = process.env['DATABASE_URL'];

/** The embedded engine always, PostgreSQL where tests have one: without, the run says so loudly, and in CI it fails. */
export const ENGINES: readonly Engine[] = [
  { name: 'embedded', open: openEmbedded },
  ...(postgresUrl?.startsWith('postgres') ? [{ name: 'postgres' as const, open: () => openPostgres(postgresUrl) }] : []),
];

async function openEmbedded(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'nhs-users-'));
  return opened({ engine: 'embedded', file: join(folder, 'app.db') }, () => rm(folder, { recursive: true }));
}

/** In a schema of its own, so that tests can run side by side and leave nothing behind. */
async function openPostgres(server: string): Promise<TestDatabase> {
  const schema = `t${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.searchParams.set('options', `-c search_path=${schema}`);
  const owner = await new DataSource({ type: 'postgres', url: server }).initialize();
  await owner.query(`CREATE SCHEMA ${schema}`);
  return opened({ engine: 'postgres', url: url.href.replaceAll('+', '%20') }, async () => {
    await owner.query(`DROP SCHEMA ${schema} CASCADE`);
    await owner.destroy();
  });
}

async function opened(config: DatabaseConfig, cleanUp: () => Promise<void>): Promise<TestDatabase> {
  const dataSource = await openDatabase(dataSourceOptions(config));
  const close = async () => {
    await dataSource.destroy();
    await cleanUp();
  };
  return { dataSource, config, close };
}
