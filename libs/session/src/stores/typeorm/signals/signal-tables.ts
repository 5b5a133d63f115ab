import type { DataSource } from 'typeorm';
import { InvalidOptionsError } from '../../../core/errors.js';
import { type AuditTables, auditTablesOf } from '../audit/audit-tables.js';
import { signalEntities } from './signal-entities.js';
import { SignalRow } from './signal.entity.js';
import { SignalStreamRow } from './signal-stream.entity.js';

/** The tables of the signals, and of the trail that they come from, as they are written in SQL. */
export interface SignalTables extends AuditTables {
  readonly streams: string;
  readonly signals: string;
}

/**
 * Where a data source, which has been initialised, has the tables.
 * @throws InvalidOptionsError when it does not know our entities
 */
export function signalTablesOf(dataSource: DataSource): SignalTables {
  if (signalEntities.some((entity) => !dataSource.hasMetadata(entity))) {
    const cure = 'Initialise it with entities: [...auditEntities, ...signalEntities] and the migrations of both.';
    throw new InvalidOptionsError([`dataSource: it does not know the entities of the signals, or is not initialised. ${cure}`]);
  }
  const nameOf = (entity: (typeof signalEntities)[number]) =>
    dataSource
      .getMetadata(entity)
      .tablePath.split('.')
      .map((part) => dataSource.driver.escape(part))
      .join('.');
  return { ...auditTablesOf(dataSource), streams: nameOf(SignalStreamRow), signals: nameOf(SignalRow) };
}
