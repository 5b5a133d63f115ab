import { randomBytes } from 'node:crypto';
import { type Clock, SystemClock } from '../../core/ports/clock.js';
import type { ChangeListener, Subscription } from '../../core/ports/changes.js';
import { TransactionNotSupportedError } from '../../core/errors.js';
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
import { RETRY_HORIZON, SessionStore } from '../../core/ports/session-store.js';
import type { EndedSession, EndReason, SessionRecord } from '../../core/record/session-record.js';
import { decideRefresh, type RefreshRule } from '../../core/refresh/refresh-decision.js';
import { ChangeHub, changedIds } from '../change-hub.js';
import { MemorySessions } from './memory-sessions.js';
import { ShortMemory } from './short-memory.js';

/** An outcome is remembered well beyond the horizon: callers measure it by clocks of their own. */
const OPERATION_LIFETIME = 2 * RETRY_HORIZON;

/** A fence lives longer than the longest login. */
const FENCE_LIFETIME = 900_000;

/**
 * Sessions in the memory of this process: for development, tests and single instances that may lose them at a restart. Every
 * method does its work in one turn of the event loop, which makes it one step; records cross as copies.
 */
export class MemorySessionStore extends SessionStore {
  private readonly sessions = new MemorySessions();
  private readonly fences = new ShortMemory<Fence>(FENCE_LIFETIME);
  private readonly hub = new ChangeHub();
  private readonly outcomes = {
    create: new ShortMemory<CreateOutcome>(OPERATION_LIFETIME),
    rotate: new ShortMemory<RotateOutcome>(OPERATION_LIFETIME),
    renew: new ShortMemory<RenewOutcome>(OPERATION_LIFETIME),
    write: new ShortMemory<WriteOutcome>(OPERATION_LIFETIME),
    revoke: new ShortMemory<EndedSession | undefined>(OPERATION_LIFETIME),
    revokeAll: new ShortMemory<RevokeAllOutcome>(OPERATION_LIFETIME),
  };

  /** @param clock what `time()` answers; nothing else here asks it */
  constructor(private readonly clock: Clock = new SystemClock()) {
    super();
  }

  async time(): Promise<number> {
    return this.clock.now();
  }

  async faults(): Promise<readonly string[]> {
    return [];
  }

  async fence({ userId }: Subject): Promise<Fence> {
    const fence = this.fences.recall(userId)?.value ?? randomBytes(16).toString('base64url');
    this.fences.remember(userId, fence);
    return fence;
  }

  async moveFence({ userId }: Subject): Promise<void> {
    this.fences.forget(userId);
  }

  async create(
    operation: OperationId,
    record: SessionRecord,
    fence: Fence,
    now: number,
    limit?: SessionLimit,
  ): Promise<CreateOutcome> {
    return this.once(this.outcomes.create, operation, record.id, () => {
      this.sessions.sweep(now);
      if (this.hasMoved(record.userId, fence) || this.sessions.knows(record.id)) return { outcome: 'fenced' };
      const living = limit ? this.sessions.ofUser(record.userId, now, record.channel) : [];
      const surplus = limit ? Math.max(0, living.length - limit.max + 1) : 0;
      if (surplus > 0 && limit?.policy === 'refuse') return { outcome: 'limitReached' };
      const evicted = this.endEach(living.slice(0, surplus), 'evicted');
      this.sessions.put(record);
      return { outcome: 'created', evicted };
    });
  }

  async find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return ids.map((id) => this.sessions.get(id));
  }

  async endReason(id: string): Promise<EndReason | undefined> {
    return this.sessions.endReason(id);
  }

  async touch(id: string, seenAt: number): Promise<void> {
    const record = this.sessions.living(id, seenAt);
    if (record && seenAt > record.lastSeenAt) this.sessions.put({ ...record, lastSeenAt: seenAt });
  }

  async used(id: string, generation: number, now: number): Promise<void> {
    const record = this.sessions.living(id, now);
    if (record?.generation === generation && record.usedAt === 0) this.sessions.put({ ...record, usedAt: now });
  }

  async rotate(operation: OperationId, id: string, generation: number, now: number, rule: RefreshRule): Promise<RotateOutcome> {
    return this.once(this.outcomes.rotate, operation, id, () => {
      const record = this.sessions.living(id, now);
      if (!record) return { outcome: 'gone' };
      const { outcome, state } = decideRefresh(record, generation, now, rule);
      if (outcome === 'superseded') return { outcome };
      if (outcome === 'reused') {
        this.sessions.end(id, 'reuse');
        return { outcome, ended: { id, userId: record.userId, channel: record.channel } };
      }
      const { usedAt, replays } = state;
      this.sessions.put({
        ...record,
        generation: state.generation,
        usedAt,
        replays,
        lastSeenAt: Math.max(record.lastSeenAt, now),
      });
      return { outcome, generation: state.generation, replays };
    });
  }

  async renew(operation: OperationId, renewal: Renewal, fence: Fence, now: number): Promise<RenewOutcome> {
    return this.once(this.outcomes.renew, operation, renewal.record.id, () => {
      const stored = this.sessions.living(renewal.record.id, now);
      if (!stored) return { outcome: 'gone' };
      if (this.hasMoved(stored.userId, fence)) return { outcome: 'fenced' };
      return { outcome: this.apply(renewal, stored) ? 'renewed' : 'conflict' };
    });
  }

  async write(operation: OperationId, id: string, sealed: string, expectedVersion: number, now: number): Promise<WriteOutcome> {
    return this.once(this.outcomes.write, operation, id, () => {
      const stored = this.sessions.living(id, now);
      if (!stored) return { outcome: 'gone' };
      if (stored.version !== expectedVersion) return { outcome: 'conflict' };
      this.sessions.put({ ...stored, sealed, version: expectedVersion + 1 });
      return { outcome: 'written' };
    });
  }

  async revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    return once(this.outcomes.revoke, operation, () => {
      const alive = this.sessions.living(id, now) !== undefined;
      const ended = this.sessions.end(id, reason);
      if (ended) this.hub.changed([id], this.clock.now());
      return alive ? ended : undefined;
    });
  }

  async revokeAll(
    operation: OperationId,
    { userId }: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
    transaction?: CallerTransaction,
  ): Promise<RevokeAllOutcome> {
    if (transaction) throw new TransactionNotSupportedError();
    const renewed = spared && 'renew' in spared ? spared.renew.record.id : undefined;
    return this.once(this.outcomes.revokeAll, operation, renewed, () => {
      const living = this.sessions.ofUser(userId, now);
      const ownId = spared && ('renew' in spared ? spared.renew.record.id : spared.keep);
      const own = living.find(({ id }) => id === ownId);
      if (own && spared && 'renew' in spared && !this.apply(spared.renew, own)) return { outcome: 'conflict' };
      this.fences.forget(userId);
      const others = living.filter(({ id }) => id !== ownId);
      return { outcome: 'revoked', ended: this.endEach(others, reason), spared: own !== undefined };
    });
  }

  async revokeEveryone(reason: EndReason): Promise<number> {
    this.fences.clear();
    const count = this.sessions.endAll(reason);
    this.hub.tell({ type: 'everyone', at: this.clock.now() });
    return count;
  }

  async list({ userId }: Subject, now: number): Promise<readonly SessionRecord[]> {
    return this.sessions.ofUser(userId, now).reverse();
  }

  override async census(now: number): Promise<SessionCensus> {
    return this.sessions.census(now);
  }

  /** Changes are told before the call that makes them is answered, so nothing is ever missed. */
  override async changes(listener: ChangeListener): Promise<Subscription> {
    return this.hub.add(listener);
  }

  /** {@link once}, and tells the changes of an outcome when it comes about. */
  private once<T extends Parameters<typeof changedIds>[0]>(
    memory: ShortMemory<T>,
    operation: OperationId,
    id: string | undefined,
    act: () => T,
  ): T {
    return once(memory, operation, () => {
      const outcome = act();
      this.hub.changed(changedIds(outcome, id), this.clock.now());
      return outcome;
    });
  }

  private hasMoved(userId: string, fence: Fence): boolean {
    return this.fences.recall(userId)?.value !== fence;
  }

  /** Replaces the stored record by its renewal, if that was computed from it and moves it forward. */
  private apply({ record, expectedVersion }: Renewal, stored: SessionRecord): boolean {
    const fits =
      stored.version === expectedVersion && stored.generation < record.generation && stored.expiresAt === record.expiresAt;
    if (fits) this.sessions.put({ ...record, lastSeenAt: Math.max(record.lastSeenAt, stored.lastSeenAt) });
    return fits;
  }

  private endEach(records: readonly SessionRecord[], reason: EndReason): readonly EndedSession[] {
    return records.map(({ id, userId, channel }) => {
      this.sessions.end(id, reason);
      return { id, userId, channel };
    });
  }
}

/** Acts, unless this operation has acted before; answers the first outcome either way, frozen so that no caller changes it. */
function once<T>(memory: ShortMemory<T>, operation: OperationId, act: () => T): T {
  const before = memory.recall(operation);
  if (before) return before.value;
  const outcome = act();
  freeze(outcome);
  memory.remember(operation, outcome);
  return outcome;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}
