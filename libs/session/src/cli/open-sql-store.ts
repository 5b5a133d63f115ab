import type { DataSource } from 'typeorm';
import type { AuditSink } from '../core/ports/audit-sink.js';
import { auditEntities } from '../stores/typeorm/audit/audit-entities.js';
import { AuditRow } from '../stores/typeorm/audit/audit-row.entity.js';
import { TypeOrmAuditTrail } from '../stores/typeorm/audit/typeorm.audit-trail.js';
import { journalEntities } from '../stores/typeorm/journal-entities.js';
import { sessionEntities } from '../stores/typeorm/session-entities.js';
import { TypeOrmSessionStore } from '../stores/typeorm/typeorm-session.store.js';
import { TypeOrmCounters } from '../stores/typeorm/typeorm.counters.js';
import { TypeOrmJournal } from '../stores/typeorm/typeorm.journal.js';
import { openDataSource } from './open-data-source.js';
import type { OpenedJournal, OpenedStore } from './opened-store.js';

const ENTITIES = [...sessionEntities, ...journalEntities, ...auditEntities];

/** A database, and the keys of what is kept in it. */
interface Database {
  /** A module that exports a DataSource. */
  readonly module: string | undefined;
  readonly url: string | undefined;
  readonly keys: readonly string[];
}

/** Opens the database that an application keeps its sessions in. @throws UsageError, or what the driver says */
export async function openSqlStore({ module, url, keys }: Database): Promise<OpenedStore> {
  const dataSource = await openDataSource(module, url, ENTITIES);
  return {
    store: new TypeOrmSessionStore(dataSource),
    counters: new TypeOrmCounters(dataSource),
    audit: await auditOf(dataSource, keys),
    close: () => dataSource.destroy(),
  };
}

/** Opens the database that an application keeps the journal of its Redis in. @throws UsageError, or what the driver says */
export async function openJournal({ module, url, keys }: Database): Promise<OpenedJournal> {
  const dataSource = await openDataSource(module, url, ENTITIES);
  return {
    journal: new TypeOrmJournal(dataSource),
    audit: await auditOf(dataSource, keys),
    close: () => dataSource.destroy(),
  };
}

/** The audit trail, if the application keeps one there: by its table, which only its migration makes. */
async function auditOf(dataSource: DataSource, keys: readonly string[]): Promise<readonly AuditSink[]> {
  if (!dataSource.hasMetadata(AuditRow)) return [];
  const runner = dataSource.createQueryRunner();
  try {
    const isKept = await runner.hasTable(dataSource.getMetadata(AuditRow).tablePath);
    return isKept ? [new TypeOrmAuditTrail(dataSource, { keys })] : [];
  } finally {
    await runner.release();
  }
}
