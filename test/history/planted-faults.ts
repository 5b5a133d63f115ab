import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type {
  CreateOutcome,
  EndedSession,
  EndReason,
  Fence,
  OperationId,
  RefreshRule,
  Renewal,
  RenewOutcome,
  RevokeAllOutcome,
  RotateOutcome,
  SessionLimit,
  SessionRecord,
  SessionStore,
  Spared,
  Subject,
} from 'nestjs-hybrid-session';
import { RelayedStore } from './relayed-store.js';

/** Milliseconds between the two halves of what should be one step. */
const BETWEEN = 30;
/** How many reads later a session ends that was said to have ended. By calls and not by time, to be alike on every machine. */
const READS_LATE = 6;

/** Ends a session a moment after it said so (P1). */
class LateRevocation extends RelayedStore {
  private readonly due: { reads: number; readonly end: () => Promise<unknown> }[] = [];

  override async find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    const found = await this.store.find(ids);
    for (const late of this.due) late.reads -= 1;
    while (this.due[0] && this.due[0].reads <= 0) await this.due.shift()?.end();
    return found;
  }
  override async revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    const [record] = await this.store.find([id]);
    this.due.push({ reads: READS_LATE, end: () => this.store.revoke(operation, id, reason, now) });
    return record && { id, userId: record.userId, channel: record.channel };
  }
}

/** Has a fence that nothing moves: a login with the old password survives the change (P2). */
class StillFence extends RelayedStore {
  override async fence(): Promise<Fence> {
    return 'always the same';
  }
  override async create(
    operation: OperationId,
    record: SessionRecord,
    _fence: Fence,
    now: number,
    limit?: SessionLimit,
  ): Promise<CreateOutcome> {
    const current = await this.store.fence({ userId: record.userId, slot: record.id.slice(0, record.id.indexOf('.')) });
    return this.store.create(operation, record, current, now, limit);
  }
}

/** Reads, decides and then writes: two refreshes at once both rotate (P4). */
class RotationInTwoSteps extends RelayedStore {
  override async rotate(
    operation: OperationId,
    id: string,
    generation: number,
    now: number,
    rule: RefreshRule,
  ): Promise<RotateOutcome> {
    const [read] = await this.store.find([id]);
    await wait(BETWEEN);
    const [written] = await this.store.find([id]);
    const rotates = read !== undefined && written !== undefined && read.generation === generation;
    return this.store.rotate(operation, id, rotates ? written.generation : generation, now, rule);
  }
}

/** Finds a user's sessions by an index that does not know of the newest one yet (P2). */
class IndexBehind extends RelayedStore {
  override async revokeAll(
    operation: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
  ): Promise<RevokeAllOutcome> {
    if (spared) return this.store.revokeAll(operation, subject, reason, now, spared);
    await this.store.moveFence(subject);
    const listed = (await this.store.list(subject, now)).toSorted((a, b) => a.createdAt - b.createdAt).slice(0, -1);
    const ended = await Promise.all(listed.map(({ id }) => this.store.revoke(randomUUID(), id, reason, now)));
    return { outcome: 'revoked', ended: ended.filter((session) => session !== undefined), spared: false };
  }
}

/** Answers every other time from what it read before. */
class StaleRead extends RelayedStore {
  private readonly copies = new Map<string, SessionRecord>();

  override find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return Promise.all(ids.map((id) => this.one(id)));
  }

  private async one(id: string): Promise<SessionRecord | undefined> {
    const copy = this.copies.get(id);
    this.copies.delete(id);
    if (copy) return copy;
    const [record] = await this.store.find([id]);
    if (record) this.copies.set(id, record);
    return record;
  }
}

/** Forgets which operation it was, so that a repeated call acts twice (design §13). */
class ForgetfulRepetition extends RelayedStore {
  private calls = 0;

  private async again<T>(call: (operation: OperationId) => Promise<T>): Promise<T> {
    this.calls += 1;
    if (this.calls % 5 === 0) await call(randomUUID()); // as if its answer had been lost
    return call(randomUUID());
  }
  override renew(_: OperationId, renewal: Renewal, fence: Fence, now: number): Promise<RenewOutcome> {
    return this.again((operation) => this.store.renew(operation, renewal, fence, now));
  }
  override revokeAll(
    _: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
  ): Promise<RevokeAllOutcome> {
    return this.again((operation) => this.store.revokeAll(operation, subject, reason, now, spared));
  }
}

/** Looks how many there are, and then adds one: parallel logins pass the limit together (P9). */
class LimitInTwoSteps extends RelayedStore {
  override async create(
    operation: OperationId,
    record: SessionRecord,
    fence: Fence,
    now: number,
    limit?: SessionLimit,
  ): Promise<CreateOutcome> {
    if (limit?.policy !== 'refuse') return this.store.create(operation, record, fence, now, limit);
    const slot = record.id.slice(0, record.id.indexOf('.'));
    const living = await this.store.list({ userId: record.userId, slot }, now);
    if (living.filter(({ channel }) => channel === record.channel).length >= limit.max) return { outcome: 'limitReached' };
    await wait(BETWEEN);
    return this.store.create(operation, record, fence, now);
  }
}

/** A first use that is told nobody: without a window the predecessor stays good for ever (P5). */
class UntoldUse extends RelayedStore {
  override async used(): Promise<void> {}
}

/** What can be wrong with a store, by name. */
export const PLANTED_FAULTS = {
  'a revocation that answers before it has ended the session': LateRevocation,
  'a fence that nothing moves': StillFence,
  'a rotation that reads and then writes': RotationInTwoSteps,
  'an index that does not know of the newest session yet': IndexBehind,
  'reads that are sometimes old': StaleRead,
  'a repeated call that acts twice': ForgetfulRepetition,
  'a limit that counts and then adds': LimitInTwoSteps,
  'a first use that is not noted': UntoldUse,
} as const satisfies Record<string, new (store: SessionStore) => SessionStore>;

export type PlantedFault = keyof typeof PLANTED_FAULTS;
