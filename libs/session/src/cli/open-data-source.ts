import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DataSource } from 'typeorm';
import { signingKeyEntities } from '../stores/typeorm/keys/signing-key-entities.js';
import { UsageError } from './usage-error.js';

/**
 * Opens the database of the host: the one that a module exports, as the command line of TypeORM takes it, or the server that
 * `DATABASE_URL` names.
 */
export async function openDataSource(module: string | undefined, url: string | undefined): Promise<DataSource> {
  const dataSource = module === undefined ? serverAt(url) : await exportedBy(module);
  return dataSource.isInitialized ? dataSource : dataSource.initialize();
}

function serverAt(url: string | undefined): DataSource {
  const [, scheme] = /^(postgres(?:ql)?|mysql|mariadb):\/\//.exec(url ?? '') ?? [];
  if (!url || !scheme) {
    throw new UsageError(
      'DATABASE_URL names no PostgreSQL, MySQL or MariaDB: set it, or name a module that exports a DataSource by --data-source.',
    );
  }
  const type = scheme.startsWith('postgres') ? 'postgres' : scheme === 'mysql' ? 'mysql' : 'mariadb';
  return new DataSource({ type, url, entities: signingKeyEntities });
}

async function exportedBy(module: string): Promise<DataSource> {
  const loaded: unknown = await import(pathToFileURL(resolve(module)).href);
  const exported: unknown[] = typeof loaded === 'object' && loaded !== null ? await Promise.all(Object.values(loaded)) : [];
  const found = exported.find((value) => value instanceof DataSource);
  if (!found) throw new UsageError(`${module} exports no DataSource.`);
  return found;
}
