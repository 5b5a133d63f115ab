import type { DataSource } from 'typeorm';
import { InvalidOptionsError } from '../../core/errors.js';
import { Journal, type Appended, type JournalDraft, type JournalEntry } from '../../core/ports/journal.js';
import type { CallerTransaction, OperationId } from '../../core/ports/session-store.js';
import { DatabaseLink } from './database-link.js';
import { JournalHead } from './journal-head.entity.js';
import { JournalRow } from './journal-row.entity.js';
import { JournalRows, type JournalTables } from './journal-rows.js';
import type { SqlConnection } from './sql-connection.js';
import { sqlFaults } from './typeorm-faults.js';

const JOURNAL = { of: 'the journal', migrations: '[...journalMigrations]' };

/** How a {@link TypeOrmJournal} uses its database. */
export interface TypeOrmJournalOptions {
  /** Milliseconds that one call may take, the wait for a connection included. Default 2,000. */
  readonly deadline?: number;
}

/**
 * The journal in the database of the users: PostgreSQL, MySQL 8, MariaDB 10.6 or SQLite, or later. It is given the data source of
 * the host, which knows `journalEntities` and has run `journalMigrations`; with the `EntityManager` of one of its transactions it
 * writes in that one. All of it goes to the primary.
 */
export class TypeOrmJournal extends Journal {
  private readonly link: DatabaseLink;
  private readonly rows: JournalRows;
  private readonly tables: () => JournalTables;
  private known: JournalTables | undefined;

  /** @throws InvalidOptionsError for an engine that is not supported */
  constructor(dataSource: DataSource, options: TypeOrmJournalOptions = {}) {
    super();
    this.link = new DatabaseLink(dataSource, options.deadline ?? 2_000);
    this.tables = () => (this.known ??= tablesOf(dataSource));
    this.rows = new JournalRows(this.tables);
  }

  append(slot: string, drafts: readonly JournalDraft[], position: number, transaction?: CallerTransaction): Promise<Appended> {
    const step = (connection: SqlConnection) => this.rows.append(connection, slot, drafts, position);
    return transaction ? this.link.join(transaction, this.tables().heads, step) : this.link.step(step);
  }

  placeOf(operation: OperationId): Promise<number | undefined> {
    return this.link.ask(async (connection) => (await this.rows.placesOf(connection, [operation])).get(operation));
  }

  async after(positions: ReadonlyMap<string, number>, limit: number): Promise<readonly JournalEntry[]> {
    if (positions.size === 0) return [];
    return this.link.ask((connection) => this.rows.after(connection, positions, limit));
  }

  heads(): Promise<ReadonlyMap<string, number>> {
    return this.link.ask((connection) => this.rows.heads(connection, false));
  }

  unsettled(): Promise<ReadonlyMap<string, number>> {
    return this.link.ask((connection) => this.rows.heads(connection, true));
  }

  async settle(applied: ReadonlyMap<string, number>): Promise<void> {
    const slots = [...applied].sort(([a], [b]) => (a < b ? -1 : 1)); // one order for all, or two of them block each other
    if (slots.length > 0) await this.link.step((connection) => this.rows.settle(connection, slots));
  }

  prune(now: number): Promise<number> {
    return this.link.step((connection) => this.rows.prune(connection, now));
  }

  override faults(): Promise<readonly string[]> {
    const tables = { ...this.tables() };
    return this.link.ask((connection) => sqlFaults(connection, this.link.dataSource, tables, JOURNAL));
  }
}

function tablesOf(dataSource: DataSource): JournalTables {
  if (![JournalRow, JournalHead].every((entity) => dataSource.hasMetadata(entity))) {
    const cure = 'Initialise it with entities: [...journalEntities] and migrations: [...journalMigrations].';
    throw new InvalidOptionsError([`dataSource: it does not know the entities of the journal, or is not initialised. ${cure}`]);
  }
  const nameOf = (entity: typeof JournalRow | typeof JournalHead) =>
    dataSource
      .getMetadata(entity)
      .tablePath.split('.')
      .map((part) => dataSource.driver.escape(part))
      .join('.');
  return { journal: nameOf(JournalRow), heads: nameOf(JournalHead) };
}
