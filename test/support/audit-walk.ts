import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { NestLoggerAudit, type AuditEntry, type SessionModuleOptions, type SessionStore } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail, TypeOrmCounters, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import type { Engine, TestDatabase } from '../../src/database/testing/engines.js';
import { startHostApp, type HostApp, type HostAppOptions } from './host-app.js';
import { KeptLog } from './kept-log.js';

/** An entry without what is another one in each run. */
type Told = Omit<AuditEntry, 'id'>;

/** Walks through acts and compares what the audit trail says of each: in the database, and in the log. */
export class AuditWalk {
  readonly log = new KeptLog();
  /** Every type that an act has left. */
  readonly types = new Set<string>();
  private readonly keys = [randomBytes(32).toString('base64url')];
  private seen = 0;

  private constructor(
    private readonly database: TestDatabase,
    readonly trail: TypeOrmAuditTrail,
  ) {}

  static async open(engine: Engine): Promise<AuditWalk> {
    const database = await engine.open();
    const keys = [randomBytes(32).toString('base64url')];
    const onTrouble = ({ message }: Error) => new Logger('AuditWalk').error(message);
    return new AuditWalk(database, new TypeOrmAuditTrail(database.dataSource, { keys, deadline: 30_000, onTrouble }));
  }

  /** A host application that writes to this trail, over a session store in the same database. */
  host(given: Pick<HostAppOptions, 'adapter' | 'controllers'>, options: Partial<SessionModuleOptions> = {}): Promise<HostApp> {
    const { dataSource } = this.database;
    return startHostApp({
      store: this.store(),
      counters: new TypeOrmCounters(dataSource, { deadline: 30_000 }),
      trustProxy: true,
      ...given,
      options: { keys: this.keys, audit: [new NestLoggerAudit(this.log), this.trail], ...options },
    });
  }

  store(): SessionStore {
    return new TypeOrmSessionStore(this.database.dataSource, { deadline: 30_000 });
  }

  /** Lets somebody act, and compares exactly what it has left: no entry more, and none twice. */
  async expect(act: () => Promise<unknown>, expected: () => readonly Told[]): Promise<void> {
    this.log.entries.length = 0;
    await act();
    await this.trail.settled();
    const entries = await this.trail.find({ after: this.seen });
    this.seen += entries.length;
    for (const { type } of entries) this.types.add(type);
    assert.deepEqual(
      entries.map(({ seq: _, id: _id, ...told }) => told),
      expected(),
    );
    assert.deepEqual(
      this.log.entries,
      entries.map(({ seq: _, ...entry }) => ({ time: new Date(entry.at).toISOString(), ...entry })),
    );
  }

  /** Lets somebody act without looking. */
  async unseen<T>(act: () => Promise<T>): Promise<T> {
    const result = await act();
    await this.trail.settled();
    this.seen = (await this.trail.head()).seq;
    return result;
  }

  /** Everything that is kept of the trail, as it lies there. */
  async everything(): Promise<string> {
    const { dataSource } = this.database;
    const rows: unknown = await dataSource.query('SELECT * FROM nhs_audit');
    return JSON.stringify(rows);
  }

  async close(): Promise<void> {
    await this.trail.close();
    await this.database.close();
  }
}
