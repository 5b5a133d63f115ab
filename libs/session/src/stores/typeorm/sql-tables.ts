import type { DataSource } from 'typeorm';
import { InvalidOptionsError } from '../../core/errors.js';
import { sessionEntities } from './session-entities.js';
import { StoredCount } from './stored-count.entity.js';
import { StoredFence } from './stored-fence.entity.js';
import { StoredOperation } from './stored-operation.entity.js';
import { StoredSession } from './stored-session.entity.js';
import { StoredTombstone } from './stored-tombstone.entity.js';

/** The tables of the store as they are written in SQL: with the schema and the prefix of the data source. */
export type SqlTables = {
  readonly sessions: string;
  readonly fences: string;
  readonly tombstones: string;
  readonly operations: string;
  readonly counts: string;
};

/**
 * Where a data source, which has been initialised, has the tables.
 * @throws InvalidOptionsError when it does not know our entities
 */
export function tablesOf(dataSource: DataSource): SqlTables {
  if (sessionEntities.some((entity) => !dataSource.hasMetadata(entity))) {
    const cure = 'Initialise it with entities: [...sessionEntities] and migrations: [...sessionMigrations].';
    throw new InvalidOptionsError([
      `dataSource: it does not know the entities of the session store, or is not initialised. ${cure}`,
    ]);
  }
  const nameOf = (entity: (typeof sessionEntities)[number]) =>
    dataSource
      .getMetadata(entity)
      .tablePath.split('.')
      .map((part) => dataSource.driver.escape(part))
      .join('.');
  return {
    sessions: nameOf(StoredSession),
    fences: nameOf(StoredFence),
    tombstones: nameOf(StoredTombstone),
    operations: nameOf(StoredOperation),
    counts: nameOf(StoredCount),
  };
}
