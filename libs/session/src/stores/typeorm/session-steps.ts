import type {
  CreateOutcome,
  Fence,
  OperationId,
  Renewal,
  RenewOutcome,
  RevokeAllOutcome,
  RotateOutcome,
  SessionLimit,
  Spared,
  WriteOutcome,
} from '../../core/ports/session-store.js';
import { isExpired } from '../../core/record/lifetimes.js';
import { byLastSeen } from '../../core/record/recency.js';
import type { EndedSession, EndReason, SessionRecord } from '../../core/record/session-record.js';
import { decideRefresh, type RefreshRule } from '../../core/refresh/refresh-decision.js';
import type { Fences } from './fences.js';
import { FirstOutcome } from './first-outcome.js';
import type { Operations } from './operations.js';
import { readCreate, readEnded, readRenew, readRevokeAll, readRotate, readWrite } from './remembered-outcomes.js';
import type { Standing } from './record-row.js';
import { endedOf, type SessionRows } from './session-rows.js';
import type { SqlChanges } from './sql-changes.js';
import type { SqlConnection } from './sql-connection.js';

/**
 * What changes sessions, each the inside of one READ COMMITTED transaction (design §13). A lock comes first, always in the order
 * fence, sessions: of what is read before it waited nothing is believed.
 */
export class SessionSteps {
  private readonly first: FirstOutcome;

  constructor(
    private readonly rows: SessionRows,
    private readonly fences: Fences,
    private readonly operations: Operations,
    private readonly feed: SqlChanges,
  ) {
    this.first = new FirstOutcome(rows, operations, feed);
  }

  async create(
    connection: SqlConnection,
    operation: OperationId,
    record: SessionRecord,
    fence: Fence,
    now: number,
    limit: SessionLimit | undefined,
  ): Promise<CreateOutcome> {
    const current = await this.fences.lock(connection, record.userId);
    const { others, hasActed, isTaken } = await this.rows.lockPlace(connection, operation, record, limit !== undefined);
    return this.first.known(connection, operation, record.id, hasActed, readCreate, () => {
      if (current !== fence || isTaken) return { outcome: 'fenced' };
      this.drop(connection, others, now);
      const living = others.filter((other) => other.channel === record.channel && !isExpired(other, now)).sort(byLastSeen);
      const surplus = limit ? Math.max(0, living.length - limit.max + 1) : 0;
      if (surplus > 0 && limit?.policy === 'refuse') return { outcome: 'limitReached' };
      const evicted = this.endEach(connection, living.slice(0, surplus), 'evicted');
      this.rows.insert(connection, record);
      return { outcome: 'created', evicted };
    });
  }

  async rotate(
    connection: SqlConnection,
    operation: OperationId,
    id: string,
    presented: number,
    now: number,
    rule: RefreshRule,
  ): Promise<RotateOutcome> {
    return this.first.onSession(connection, operation, id, readRotate, (record) => {
      if (!record || isExpired(record, now)) return { outcome: 'gone' };
      const { outcome, state } = decideRefresh(record, presented, now, rule);
      if (outcome === 'superseded') return { outcome };
      if (outcome === 'reused') {
        this.rows.end(connection, [id], 'reuse');
        return { outcome, ended: endedOf(record) };
      }
      this.rows.advance(connection, id, state, Math.max(record.lastSeenAt, now));
      return { outcome, generation: state.generation, replays: state.replays };
    });
  }

  /**
   * The same without a transaction, in two statements instead of four, for an engine that chains and while nobody is in the way. Answers
   * `undefined` when it takes `rotate` to decide.
   */
  async rotateAtOnce(
    connection: SqlConnection,
    operation: OperationId,
    id: string,
    presented: number,
    now: number,
    rule: RefreshRule,
  ): Promise<RotateOutcome | undefined> {
    const found = await this.rows.read(connection, id, operation);
    if (!found || isExpired(found.record, now)) return undefined;
    if (found.before !== undefined) return readRotate(found.before);
    const { outcome, state } = decideRefresh(found.record, presented, now, rule);
    if (outcome === 'superseded' || outcome === 'reused') return undefined;
    const answer = { outcome, generation: state.generation, replays: state.replays };
    return (await this.rows.advanceIf(connection, found.record, state, now, operation, answer)) ? answer : undefined;
  }

  async renew(
    connection: SqlConnection,
    operation: OperationId,
    renewal: Renewal,
    fence: Fence,
    now: number,
  ): Promise<RenewOutcome> {
    const { id, userId } = renewal.record;
    const current = await this.fences.lock(connection, userId);
    return this.first.onSession(connection, operation, id, readRenew, (record) => {
      if (!record || isExpired(record, now)) return { outcome: 'gone' };
      if (current !== fence || record.userId !== userId) return { outcome: 'fenced' };
      return { outcome: this.apply(connection, renewal, record) ? 'renewed' : 'conflict' };
    });
  }

  async write(
    connection: SqlConnection,
    operation: OperationId,
    id: string,
    sealed: string,
    expectedVersion: number,
    now: number,
  ): Promise<WriteOutcome> {
    return this.first.onSession(connection, operation, id, readWrite, (record) => {
      if (!record || isExpired(record, now)) return { outcome: 'gone' };
      if (record.version !== expectedVersion) return { outcome: 'conflict' };
      this.rows.reseal(connection, id, sealed, expectedVersion + 1);
      return { outcome: 'written' };
    });
  }

  async revoke(
    connection: SqlConnection,
    operation: OperationId,
    id: string,
    reason: EndReason,
    now: number,
  ): Promise<EndedSession | undefined> {
    const locked = await this.rows.lock(connection, id, operation);
    const before = locked ? locked.before : await this.operations.recall(connection, operation);
    if (before !== undefined) return readEnded(before);
    if (!locked) return undefined;
    this.rows.end(connection, [id], reason);
    const ended = isExpired(locked.record, now) ? undefined : endedOf(locked.record);
    if (ended) this.operations.remember(connection, operation, ended);
    await this.feed.tell(connection, [id]);
    return ended;
  }

  async revokeAll(
    connection: SqlConnection,
    operation: OperationId,
    userId: string,
    reason: EndReason,
    now: number,
    spared: Spared | undefined,
  ): Promise<RevokeAllOutcome> {
    await this.fences.take(connection, userId);
    const renewed = spared && 'renew' in spared ? spared.renew.record.id : undefined;
    return this.first.once(connection, operation, renewed, readRevokeAll, async () => {
      const all = await this.rows.lockOfUser(connection, userId);
      const living = all.filter((record) => !isExpired(record, now));
      const ownId = spared && ('renew' in spared ? spared.renew.record.id : spared.keep);
      const own = living.find(({ id }) => id === ownId);
      if (own && spared && 'renew' in spared && !this.apply(connection, spared.renew, own)) return { outcome: 'conflict' };
      this.fences.move(connection, userId);
      this.drop(connection, all, now);
      const others = living.filter(({ id }) => id !== ownId).sort(byLastSeen);
      return { outcome: 'revoked', ended: this.endEach(connection, others, reason), spared: own !== undefined };
    });
  }

  /** Replaces the stored record by its renewal, if that was computed from it and moves it forward. */
  private apply(connection: SqlConnection, { record, expectedVersion }: Renewal, stored: Standing): boolean {
    const fits =
      stored.version === expectedVersion && stored.generation < record.generation && stored.expiresAt === record.expiresAt;
    if (fits) {
      this.rows.replace(connection, { ...record, lastSeenAt: Math.max(record.lastSeenAt, stored.lastSeenAt) });
    }
    return fits;
  }

  private endEach(connection: SqlConnection, records: readonly Standing[], reason: EndReason) {
    const ended = records.map(endedOf);
    this.rows.end(
      connection,
      ended.map(({ id }) => id),
      reason,
    );
    return ended;
  }

  private drop(connection: SqlConnection, records: readonly Standing[], now: number): void {
    const expired = records.filter((record) => isExpired(record, now));
    this.rows.drop(
      connection,
      expired.map(({ id }) => id),
    );
  }
}
