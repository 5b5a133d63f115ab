import type { DataSource } from 'typeorm';
import { StoreUnavailableError } from '../../core/errors.js';
import type { ChangeListener, Subscription } from '../../core/ports/changes.js';
import type {
  CallerTransaction,
  CreateOutcome,
  Fence,
  OperationId,
  Renewal,
  RenewOutcome,
  RevokeAllOutcome,
  RotateOutcome,
  SessionCensus,
  SessionLimit,
  Spared,
  Subject,
  WriteOutcome,
} from '../../core/ports/session-store.js';
import { SessionStore } from '../../core/ports/session-store.js';
import { isExpired } from '../../core/record/lifetimes.js';
import { byLastSeen } from '../../core/record/recency.js';
import type { EndedSession, EndReason, SessionRecord } from '../../core/record/session-record.js';
import type { RefreshRule } from '../../core/refresh/refresh-decision.js';
import { changedIds } from '../change-hub.js';
import { DatabaseLink } from './database-link.js';
import { Fences } from './fences.js';
import { Operations } from './operations.js';
import { numberOf } from './record-row.js';
import { SessionRows } from './session-rows.js';
import { SessionSteps } from './session-steps.js';
import { SqlChanges } from './sql-changes.js';
import type { SqlConnection } from './sql-connection.js';
import { type SqlTables, tablesOf } from './sql-tables.js';
import { Sweep } from './sweep.js';
import { sqlFaults } from './typeorm-faults.js';

/** How a {@link TypeOrmSessionStore} uses its database. */
export interface TypeOrmSessionStoreOptions {
  /** Milliseconds that one call may take, the wait for a connection included. Default 2,000. */
  readonly deadline?: number;
  /**
   * PostgreSQL only: where to listen for what other processes change; by default on a connection of the data source itself, which
   * is used up by it. Name another one, initialised by the host, when that goes through a pooler that shares connections.
   */
  readonly listenOn?: DataSource;
}

/** Every so many calls that write, one sweeps. It makes more room than they take. */
const SWEEP_EVERY = 100;

/**
 * Sessions in PostgreSQL, MySQL 8, MariaDB 10.6 or SQLite, or later. It is given a data source, best of its own, that knows our
 * entities and has run our migrations, and leaves opening and closing it to the host.
 */
export class TypeOrmSessionStore extends SessionStore {
  override readonly joinsTransactions = true;
  private readonly link: DatabaseLink;
  private readonly rows: SessionRows;
  private readonly fences: Fences;
  private readonly steps: SessionSteps;
  private readonly feed: SqlChanges;
  private readonly sweeping: Sweep;
  private known: SqlTables | undefined;
  /** Begins anywhere, so that processes that do not live for a hundred calls sweep too. */
  private writes = Math.floor(Math.random() * SWEEP_EVERY);

  /** @throws InvalidOptionsError for an engine that is not supported */
  constructor(dataSource: DataSource, options: TypeOrmSessionStoreOptions = {}) {
    super();
    const deadline = options.deadline ?? 2_000;
    this.link = new DatabaseLink(dataSource, deadline);
    const tables = () => this.tables;
    this.rows = new SessionRows(tables);
    this.fences = new Fences(tables);
    this.feed = new SqlChanges(this.link, options.listenOn ?? dataSource, tables, deadline);
    this.steps = new SessionSteps(this.rows, this.fences, new Operations(tables), this.feed);
    this.sweeping = new Sweep(tables);
  }

  time(): Promise<number> {
    return this.link.ask(async (connection) => {
      const [row] = await connection.rows(`SELECT ${connection.engine.now} AS now`);
      if (!row) throw new StoreUnavailableError();
      return numberOf(row, 'now');
    });
  }

  faults(): Promise<readonly string[]> {
    return this.link.ask((connection) => sqlFaults(connection, this.link.dataSource, this.tables));
  }

  fence({ userId }: Subject): Promise<Fence> {
    return this.link.change((connection) => this.fences.take(connection, userId));
  }

  moveFence({ userId }: Subject): Promise<void> {
    return this.link.change(async (connection) => this.fences.move(connection, userId));
  }

  create(operation: OperationId, record: SessionRecord, fence: Fence, now: number, limit?: SessionLimit): Promise<CreateOutcome> {
    const act = (connection: SqlConnection) => this.steps.create(connection, operation, record, fence, now, limit);
    return this.step(now, record.id, act, record.userId);
  }

  async find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    if (ids.length === 0) return [];
    const found = await this.link.ask((connection) => this.rows.find(connection, [...new Set(ids)]));
    const byId = new Map(found.map((record) => [record.id, record]));
    return ids.map((id) => byId.get(id)).map((record) => record && { ...record });
  }

  endReason(id: string): Promise<EndReason | undefined> {
    return this.link.ask((connection) => this.rows.endReason(connection, id));
  }

  touch(id: string, seenAt: number): Promise<void> {
    return this.link.change((connection) => this.rows.touch(connection, id, seenAt));
  }

  used(id: string, generation: number, now: number): Promise<void> {
    return this.link.change((connection) => this.rows.used(connection, id, generation, now));
  }

  async rotate(operation: OperationId, id: string, generation: number, now: number, rule: RefreshRule): Promise<RotateOutcome> {
    const quick =
      this.link.engine.chains &&
      (await this.link.ask((connection) => this.steps.rotateAtOnce(connection, operation, id, generation, now, rule)));
    if (!quick) {
      return this.step(now, id, (connection) => this.steps.rotate(connection, operation, id, generation, now, rule));
    }
    await this.sweepInPassing(now);
    return quick;
  }

  renew(operation: OperationId, renewal: Renewal, fence: Fence, now: number): Promise<RenewOutcome> {
    const act = (connection: SqlConnection) => this.steps.renew(connection, operation, renewal, fence, now);
    return this.step(now, renewal.record.id, act, renewal.record.userId);
  }

  write(operation: OperationId, id: string, sealed: string, expectedVersion: number, now: number): Promise<WriteOutcome> {
    return this.step(now, id, (connection) => this.steps.write(connection, operation, id, sealed, expectedVersion, now));
  }

  async revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    const ended = await this.link.step((connection) => this.steps.revoke(connection, operation, id, reason, now));
    this.feed.tellOwn([id]);
    await this.sweepInPassing(now);
    return ended;
  }

  async revokeAll(
    operation: OperationId,
    { userId }: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
    transaction?: CallerTransaction,
  ): Promise<RevokeAllOutcome> {
    const act = (connection: SqlConnection) => this.steps.revokeAll(connection, operation, userId, reason, now, spared);
    if (transaction) {
      const { outcome } = await this.link.join(transaction, this.tables.fences, act);
      return { outcome: outcome === 'conflict' ? 'conflict' : 'deferred' };
    }
    return this.step(now, spared && 'renew' in spared ? spared.renew.record.id : undefined, act, userId);
  }

  async revokeEveryone(reason: EndReason): Promise<number> {
    const fences = (after: string) => this.link.step((connection) => this.fences.forgetSome(connection, after));
    for (let last: string | undefined = ''; last !== undefined; ) last = await fences(last);
    const sessions = (after: string) => this.link.step((connection) => this.rows.endSome(connection, after, reason));
    let count = 0;
    for (let last: string | undefined = ''; last !== undefined; ) {
      const ended: readonly string[] = await sessions(last);
      count += ended.length;
      last = ended.at(-1);
    }
    await this.link.ask((connection) => this.feed.tell(connection, 'everyone'));
    this.feed.tellOwn('everyone');
    return count;
  }

  override census(now: number): Promise<SessionCensus> {
    return this.link.ask((connection) => this.rows.census(connection, now));
  }

  override changes(listener: ChangeListener): Promise<Subscription> {
    return this.feed.listen(listener);
  }

  /**
   * Removes a batch of what is over: expired sessions, and what is kept for a while only. The store does this by itself as it is
   * used; call it to hasten that.
   * @param now milliseconds since the Unix epoch: no session that lives then, or lived a minute before, is removed
   * @returns how many rows were removed: 0 when nothing is left
   * @throws StoreUnavailableError
   */
  sweep(now: number): Promise<number> {
    return this.link.step((connection) => this.sweeping.turn(connection, now));
  }

  async list({ userId }: Subject, now: number): Promise<readonly SessionRecord[]> {
    const records = await this.link.ask((connection) => this.rows.ofUser(connection, userId));
    return records
      .filter((record) => !isExpired(record, now))
      .sort(byLastSeen)
      .reverse();
  }

  private get tables(): SqlTables {
    return (this.known ??= tablesOf(this.link.dataSource));
  }

  private async step<T extends Parameters<typeof changedIds>[0]>(
    now: number,
    id: string | undefined,
    act: (connection: SqlConnection) => Promise<T>,
    user?: string,
  ): Promise<T> {
    const outcome = await this.link.step(act, user === undefined ? [] : [user]);
    this.feed.tellOwn(changedIds(outcome, id));
    await this.sweepInPassing(now);
    return outcome;
  }

  /** Awaited, so that sweeping never falls behind writing; what it meets is not the caller's concern. */
  private async sweepInPassing(now: number): Promise<void> {
    this.writes += 1;
    if (this.writes % SWEEP_EVERY === 0) await this.sweep(now).catch(() => undefined);
  }
}
