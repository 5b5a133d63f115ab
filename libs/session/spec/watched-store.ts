import { StoreUnavailableError } from '../src/core/errors.js';
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
  Subject,
  WriteOutcome,
} from '../src/core/ports/session-store.js';
import { SessionStore } from '../src/core/ports/session-store.js';
import type { ChangeListener, Subscription } from '../src/core/ports/changes.js';
import type { EndedSession, EndReason, SessionRecord } from '../src/core/record/session-record.js';
import type { RefreshRule } from '../src/core/refresh/refresh-decision.js';

type Method = keyof SessionStore;

/** A store that shows what it was asked, can be away, can be raced, and can be written to by an intruder. */
export class WatchedStore extends SessionStore {
  readonly calls: Method[] = [];
  isAway = false;
  /** What an intruder makes of each record that is read. */
  intrude: (record: SessionRecord | undefined, id: string) => SessionRecord | undefined = (record) => record;
  private readonly races = new Map<Method, () => Promise<unknown>>();
  private readonly losses = new Set<Method>();

  constructor(private readonly inner: SessionStore) {
    super();
  }

  /** Does something else just before the next call of a method reaches the store. */
  race(method: Method, action: () => Promise<unknown>): void {
    this.races.set(method, action);
  }

  /** Is away for the next call of a method. */
  fail(method: Method): void {
    this.race(method, async () => {
      throw new StoreUnavailableError();
    });
  }

  /** Does what the next call of a method asks, and loses the answer. */
  lose(method: Method): void {
    this.losses.add(method);
  }

  /** How often a method was called. */
  count(method: Method): number {
    return this.calls.filter((call) => call === method).length;
  }

  /** The record as it is stored. */
  async stored(id: string): Promise<SessionRecord | undefined> {
    const [record] = await this.inner.find([id]);
    return record;
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
    return this.pass('find', async () => {
      const records = await this.inner.find(ids);
      return ids.map((id, i) => this.intrude(records[i], id));
    });
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
  ): Promise<RevokeAllOutcome> {
    return this.pass('revokeAll', () => this.inner.revokeAll(operation, subject, reason, now, spared));
  }

  revokeEveryone(reason: EndReason): Promise<number> {
    return this.pass('revokeEveryone', () => this.inner.revokeEveryone(reason));
  }

  list(subject: Subject, now: number): Promise<readonly SessionRecord[]> {
    return this.pass('list', async () => {
      const records = await this.inner.list(subject, now);
      return records.flatMap((record) => this.intrude(record, record.id) ?? []);
    });
  }

  override changes(listener: ChangeListener): Promise<Subscription> {
    return this.pass('changes', () => this.inner.changes(listener));
  }

  private async pass<T>(method: Method, call: () => Promise<T>): Promise<T> {
    this.calls.push(method);
    const action = this.races.get(method);
    this.races.delete(method);
    await action?.();
    if (this.isAway) throw new StoreUnavailableError();
    const answer = await call();
    if (this.losses.delete(method)) throw new StoreUnavailableError();
    return answer;
  }
}
