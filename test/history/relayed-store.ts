import {
  type ChangeListener,
  type CreateOutcome,
  type EndedSession,
  type EndReason,
  type Fence,
  type OperationId,
  type RefreshRule,
  type Renewal,
  type RenewOutcome,
  type RevokeAllOutcome,
  type RotateOutcome,
  type SessionLimit,
  type SessionRecord,
  SessionStore,
  type Spared,
  type Subject,
  type Subscription,
  type WriteOutcome,
} from 'nestjs-hybrid-session';

/** Another store, unchanged: what a fault is planted into by overriding one method. */
export class RelayedStore extends SessionStore {
  constructor(protected store: SessionStore) {
    super();
  }

  time(): Promise<number> {
    return this.store.time();
  }
  faults(): Promise<readonly string[]> {
    return this.store.faults();
  }
  fence(subject: Subject): Promise<Fence> {
    return this.store.fence(subject);
  }
  moveFence(subject: Subject): Promise<void> {
    return this.store.moveFence(subject);
  }
  create(operation: OperationId, record: SessionRecord, fence: Fence, now: number, limit?: SessionLimit): Promise<CreateOutcome> {
    return this.store.create(operation, record, fence, now, limit);
  }
  find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return this.store.find(ids);
  }
  endReason(id: string): Promise<EndReason | undefined> {
    return this.store.endReason(id);
  }
  touch(id: string, seenAt: number): Promise<void> {
    return this.store.touch(id, seenAt);
  }
  used(id: string, generation: number, now: number): Promise<void> {
    return this.store.used(id, generation, now);
  }
  rotate(operation: OperationId, id: string, generation: number, now: number, rule: RefreshRule): Promise<RotateOutcome> {
    return this.store.rotate(operation, id, generation, now, rule);
  }
  renew(operation: OperationId, renewal: Renewal, fence: Fence, now: number): Promise<RenewOutcome> {
    return this.store.renew(operation, renewal, fence, now);
  }
  write(operation: OperationId, id: string, sealed: string, expectedVersion: number, now: number): Promise<WriteOutcome> {
    return this.store.write(operation, id, sealed, expectedVersion, now);
  }
  revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    return this.store.revoke(operation, id, reason, now);
  }
  revokeAll(
    operation: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
  ): Promise<RevokeAllOutcome> {
    return this.store.revokeAll(operation, subject, reason, now, spared);
  }
  revokeEveryone(reason: EndReason): Promise<number> {
    return this.store.revokeEveryone(reason);
  }
  list(subject: Subject, now: number): Promise<readonly SessionRecord[]> {
    return this.store.list(subject, now);
  }
  override changes(listener: ChangeListener): Promise<Subscription> {
    return this.store.changes(listener);
  }
}
