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
} from '../src/core/ports/session-store.js';
import { SessionStore } from '../src/core/ports/session-store.js';
import type { ChangeListener, Subscription } from '../src/core/ports/changes.js';
import type { EndedSession, EndReason, SessionRecord } from '../src/core/record/session-record.js';
import type { RefreshRule } from '../src/core/refresh/refresh-decision.js';

/** The methods of the port. */
export type Method = keyof SessionStore;

/** A store before a store: every call goes through one place. */
export abstract class PassingStore extends SessionStore {
  constructor(protected readonly inner: SessionStore) {
    super();
  }

  time(): Promise<number> {
    return this.pass('time', () => this.inner.time());
  }

  faults(): Promise<readonly string[]> {
    return this.pass('faults', () => this.inner.faults());
  }

  fence(subject: Subject): Promise<Fence> {
    return this.pass('fence', () => this.inner.fence(subject));
  }

  moveFence(subject: Subject): Promise<void> {
    return this.pass('moveFence', () => this.inner.moveFence(subject));
  }

  create(operation: OperationId, record: SessionRecord, fence: Fence, now: number, limit?: SessionLimit): Promise<CreateOutcome> {
    return this.pass('create', () => this.inner.create(operation, record, fence, now, limit));
  }

  find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return this.pass('find', () => this.inner.find(ids));
  }

  endReason(id: string): Promise<EndReason | undefined> {
    return this.pass('endReason', () => this.inner.endReason(id));
  }

  touch(id: string, seenAt: number): Promise<void> {
    return this.pass('touch', () => this.inner.touch(id, seenAt));
  }

  used(id: string, generation: number, now: number): Promise<void> {
    return this.pass('used', () => this.inner.used(id, generation, now));
  }

  rotate(operation: OperationId, id: string, generation: number, now: number, rule: RefreshRule): Promise<RotateOutcome> {
    return this.pass('rotate', () => this.inner.rotate(operation, id, generation, now, rule));
  }

  renew(operation: OperationId, renewal: Renewal, fence: Fence, now: number): Promise<RenewOutcome> {
    return this.pass('renew', () => this.inner.renew(operation, renewal, fence, now));
  }

  write(operation: OperationId, id: string, sealed: string, expectedVersion: number, now: number): Promise<WriteOutcome> {
    return this.pass('write', () => this.inner.write(operation, id, sealed, expectedVersion, now));
  }

  revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    return this.pass('revoke', () => this.inner.revoke(operation, id, reason, now));
  }

  revokeAll(
    operation: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
    transaction?: CallerTransaction,
  ): Promise<RevokeAllOutcome> {
    return this.pass('revokeAll', () => this.inner.revokeAll(operation, subject, reason, now, spared, transaction));
  }

  revokeEveryone(reason: EndReason): Promise<number> {
    return this.pass('revokeEveryone', () => this.inner.revokeEveryone(reason));
  }

  list(subject: Subject, now: number): Promise<readonly SessionRecord[]> {
    return this.pass('list', () => this.inner.list(subject, now));
  }

  override census(now: number): Promise<SessionCensus | undefined> {
    return this.pass('census', () => this.inner.census(now));
  }

  override changes(listener: ChangeListener): Promise<Subscription> {
    return this.pass('changes', () => this.inner.changes(listener));
  }

  /** Where every call goes through. */
  protected abstract pass<T>(method: Method, call: () => Promise<T>): Promise<T>;
}
