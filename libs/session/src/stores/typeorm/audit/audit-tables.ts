import type { DataSource } from 'typeorm';
import { InvalidOptionsError } from '../../../core/errors.js';
import { auditEntities } from './audit-entities.js';
import { AuditHead } from './audit-head.entity.js';
import { AuditRow } from './audit-row.entity.js';

/** The tables of the audit trail as they are written in SQL. */
export interface AuditTables {
  readonly audit: string;
  readonly heads: string;
}

/**
 * Where a data source, which has been initialised, has the tables.
 * @throws InvalidOptionsError when it does not know our entities
 */
export function auditTablesOf(dataSource: DataSource): AuditTables {
  if (auditEntities.some((entity) => !dataSource.hasMetadata(entity))) {
    const cure = 'Initialise it with entities: [...auditEntities] and migrations: [...auditMigrations].';
    throw new InvalidOptionsError([
      `dataSource: it does not know the entities of the audit trail, or is not initialised. ${cure}`,
    ]);
  }
  const nameOf = (entity: (typeof auditEntities)[number]) =>
    dataSource
      .getMetadata(entity)
      .tablePath.split('.')
      .map((part) => dataSource.driver.escape(part))
      .join('.');
  return { audit: nameOf(AuditRow), heads: nameOf(AuditHead) };
}
