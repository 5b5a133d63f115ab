import type { DataSource } from 'typeorm';
import { AuditChain, type AuditPlace } from '../../../core/audit/audit-chain.js';
import type { AuditEntry } from '../../../core/audit/audit-entry.js';
import { type PendingSignal, SignalOutbox, type SignalTypes } from '../../../core/ports/signal-outbox.js';
import { keyRingOf } from '../audit/audit-keys.js';
import { AuditRows, BEGINNING } from '../audit/audit-rows.js';
import { DatabaseLink } from '../database-link.js';
import type { SqlConnection } from '../sql-connection.js';
import { type SignalLine, SignalRows } from './signal-rows.js';
import { type SignalTables, signalTablesOf } from './signal-tables.js';

/** How {@link TypeOrmSignalOutbox} uses its database. */
export interface TypeOrmSignalOutboxOptions {
  /** The key ring of the module, as the audit trail has it: only what the server vouched for is told. */
  readonly keys: readonly string[];
  /** Milliseconds that one call may take, the wait for a connection included. Default 2,000. */
  readonly deadline?: number;
}

/**
 * The signals that have not reached their receivers, beside the audit trail: PostgreSQL, MySQL 8, MariaDB 10.6 or SQLite, or later. Given the data
 * source of the {@link TypeOrmAuditTrail}, which also knows `signalEntities` and has run `signalMigrations`.
 */
export class TypeOrmSignalOutbox extends SignalOutbox {
  private readonly link: DatabaseLink;
  private readonly trail: AuditRows;
  private readonly rows: SignalRows;
  private readonly chain: AuditChain;
  private tables: SignalTables | undefined;

  /** @throws InvalidOptionsError for an engine that is not supported, or keys that are none */
  constructor(dataSource: DataSource, options: TypeOrmSignalOutboxOptions) {
    super();
    this.chain = new AuditChain(keyRingOf(options.keys));
    this.link = new DatabaseLink(dataSource, options.deadline ?? 2_000);
    const tables = () => (this.tables ??= signalTablesOf(dataSource));
    this.trail = new AuditRows(tables);
    this.rows = new SignalRows(tables);
  }

  async collect(stream: string, types: SignalTypes, now: number): Promise<number> {
    // Nothing new is the rule, and costs one look that locks nothing.
    const { end, position } = await this.link.ask(async (connection) => ({
      end: (await this.trail.last(connection))?.seq ?? 0,
      position: await this.rows.position(connection, stream),
    }));
    if (position === end) return 0;
    return this.link.step((connection) => this.take(connection, stream, types, now));
  }

  pending(stream: string, now: number, limit: number): Promise<readonly PendingSignal[]> {
    return this.link.ask(async (connection) => {
      const lines = await this.rows.due(connection, stream, now, limit);
      const base = (await this.trail.span(connection))?.base ?? BEGINNING;
      return lines.map((line) => ({ id: line.id, at: line.at, entry: this.vouchedEntry(line, base) }));
    });
  }

  remove(stream: string, ids: readonly string[]): Promise<number> {
    return this.link.change((connection) => this.rows.remove(connection, stream, ids));
  }

  async putOff(stream: string, id: string, until: number): Promise<void> {
    await this.link.change((connection) => this.rows.putOff(connection, stream, id, until));
  }

  expire(stream: string, before: number): Promise<number> {
    return this.link.change((connection) => this.rows.expire(connection, stream, before));
  }

  async claim(stream: string, now: number, until: number): Promise<boolean> {
    return (await this.link.change((connection) => this.rows.claim(connection, stream, now, until))) > 0;
  }

  async extend(stream: string, from: number, until: number): Promise<boolean> {
    return (await this.link.change((connection) => this.rows.extend(connection, stream, from, until))) > 0;
  }

  /**
   * Under the lock of the stream. The end is read after it: whoever had the lock before may have taken more than there was a moment
   * ago. The trail gives out its places in the order of the commits, so nothing can come in before the end later on.
   */
  private async take(connection: SqlConnection, stream: string, types: SignalTypes, now: number): Promise<number> {
    const position = await this.rows.lockPosition(connection, stream);
    const end = (await this.trail.last(connection))?.seq ?? 0;
    if (position === undefined || position > end) {
      await this.rows.move(connection, stream, end); // a new stream, or a trail that was cut
      return 0;
    }
    const { entries, reached } = await this.rows.ofTrail(connection, position, end, types);
    await this.rows.add(connection, stream, entries, now);
    await this.rows.move(connection, stream, reached);
    return entries.length;
  }

  /** What the trail says, if the server vouches for it: whoever writes to the database cannot have us sign what he likes. */
  private vouchedEntry({ seq, text, hash, keyId, mac, previous }: SignalLine, base: AuditPlace): AuditEntry | undefined {
    if (text === undefined) return undefined;
    const before = previous ?? (base.seq === seq - 1 ? base.hash : undefined);
    if (before === undefined) return undefined;
    const isWhole = this.chain.hashOf({ seq: seq - 1, hash: before }, text) === hash;
    return isWhole && this.chain.isVouched({ seq, hash }, { keyId, mac }) ? (JSON.parse(text) as AuditEntry) : undefined;
  }
}
