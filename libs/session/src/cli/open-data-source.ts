import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { UsageError } from './usage-error.js';

/**
 * Opens the database of the host: the one that a module exports, as the command line of TypeORM takes it, or the server that
 * `DATABASE_URL` names.
 */
export async function openDataSource(
  module: string | undefined,
  url: string | undefined,
  entities: Entities,
): Promise<DataSource> {
  const dataSource = module === undefined ? serverAt(url, entities) : await exportedBy(module);
  return dataSource.isInitialized ? dataSource : dataSource.initialize();
}

/** What a server is asked for; the data source of a module knows by itself. */
type Entities = NonNullable<DataSourceOptions['entities']>;

function serverAt(url: string | undefined, entities: Entities): DataSource {
  const [, scheme] = /^(postgres(?:ql)?|mysql|mariadb):\/\//.exec(url ?? '') ?? [];
  if (!url || !scheme) {
    throw new UsageError(
      'DATABASE_URL names no PostgreSQL, MySQL or MariaDB: set it, or name a module that exports a DataSource by --data-source.',
    );
  }
  const type = scheme.startsWith('postgres') ? 'postgres' : scheme === 'mysql' ? 'mysql' : 'mariadb';
  return new DataSource({ type, url, entities });
}

async function exportedBy(module: string): Promise<DataSource> {
  const loaded: unknown = await import(pathToFileURL(resolve(module)).href);
  const exported: unknown[] = typeof loaded === 'object' && loaded !== null ? await Promise.all(Object.values(loaded)) : [];
  const found = exported.find((value) => value instanceof DataSource);
  if (!found) throw new UsageError(`${module} exports no DataSource.`);
  return found;
}
