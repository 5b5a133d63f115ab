import { DataSource } from 'typeorm';
import type { DatabaseConfig } from '../config/storage-config.js';
import { sessionPoolOptions } from '../database/data-source.js';

/**
 * The way of the sessions to the database of the users: a pool of their own, or the one connection to the embedded database, which
 * has one writer at a time: a second connection of this process would stop it while it waited for the first.
 */
export async function sessionDatabase(database: DatabaseConfig, users: DataSource): Promise<DataSource> {
  return database.engine === 'embedded' ? users : new DataSource(sessionPoolOptions(database.url)).initialize();
}
