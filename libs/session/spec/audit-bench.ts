import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { AuditEntry } from '../src/core/audit/audit-entry.js';
import { auditTablesOf } from '../src/stores/typeorm/audit/audit-tables.js';
import { TypeOrmAuditTrail, type TypeOrmAuditTrailOptions } from '../src/stores/typeorm/audit/typeorm.audit-trail.js';
import type { SqlDatabase, SqlEngineUnderTest } from './sql-databases.js';

export const NOW = 2_000_000_000_000;
export const DEADLINE = 30_000;
export const newKey = () => randomBytes(32).toString('base64url');

/** Audit trails over one database, which is empty at the beginning of each test. */
export class AuditBench {
  keys: readonly string[] = [];
  troubles: string[] = [];
  /** How many entries were made. */
  entries = 0;
  private trails: TypeOrmAuditTrail[] = [];
  private opened: SqlDatabase | undefined;

  constructor({ open }: SqlEngineUnderTest) {
    beforeAll(async () => {
      this.opened = await open();
    });
    afterAll(() => this.opened?.close());
    beforeEach(async () => {
      await this.sql('DELETE FROM nhs_audit');
      await this.sql('DELETE FROM nhs_audit_heads');
      this.keys = [newKey()];
      this.troubles = [];
      this.trails = [];
    });
    afterEach(async () => {
      for (const trail of this.trails) await trail.close().catch(() => undefined);
    });
  }

  get database(): SqlDatabase {
    if (!this.opened) throw new Error('The database is open while tests run.');
    return this.opened;
  }

  /** A trail as an instance of the application has it. */
  trail(options: Partial<TypeOrmAuditTrailOptions> = {}, dataSource = this.database.dataSource): TypeOrmAuditTrail {
    const onTrouble = ({ message }: Error) => void this.troubles.push(message);
    const trail = new TypeOrmAuditTrail(dataSource, { keys: this.keys, deadline: DEADLINE, onTrouble, ...options });
    this.trails.push(trail);
    return trail;
  }

  entry(facts: Partial<AuditEntry> = {}): AuditEntry {
    this.entries += 1;
    const id = `entry-${this.entries}`;
    return { id, at: NOW + this.entries, type: 'session.opened', outcome: 'success', level: 'info', userId: 'user-1', ...facts };
  }

  /** Records so many entries, one after the other, and waits until they are written. */
  async write(trail: TypeOrmAuditTrail, count: number, facts: Partial<AuditEntry> = {}): Promise<void> {
    for (let i = 0; i < count; i += 1) trail.record(this.entry(facts));
    await trail.settled();
  }

  /** What somebody does who has the database. */
  sql(statement: string): Promise<readonly Record<string, string>[]> {
    const { audit, heads } = auditTablesOf(this.database.dataSource);
    return this.database.dataSource.query(
      statement.replaceAll(/\bnhs_audit\b/g, audit).replaceAll(/\bnhs_audit_heads\b/g, heads),
    );
  }

  async numbersOf(trail: TypeOrmAuditTrail): Promise<readonly number[]> {
    return (await trail.find({ after: 0, limit: 1_000 })).map(({ seq }) => seq);
  }
}
