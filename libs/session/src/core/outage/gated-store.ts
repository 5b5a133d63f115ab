import type { ChangeListener, Subscription } from '../ports/changes.js';
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
  WrittenPart,
} from '../ports/session-store.js';
import type { FormerEndings } from '../ports/former-sessions.js';
import type { Relay, RelayListener } from '../ports/relay.js';
import type { StoreOperation } from '../ports/telemetry.js';
import { SessionStore } from '../ports/session-store.js';
import type { EndedSession, EndReason, SessionRecord } from '../record/session-record.js';
import type { RefreshRule } from '../refresh/refresh-decision.js';
import type { TelemetryHub } from '../telemetry/telemetry-hub.js';
import type { Passage, StoreGate } from './store-gate.js';

const ENDING: Passage = { kind: 'ending' };
const ASIDE: Passage = { kind: 'aside' };
/** Goes through all sessions there are, each step of it under the adapter's own deadline. */
const ENDING_EVERYONE: Passage = { kind: 'ending', deadline: Number.POSITIVE_INFINITY };
const CENSUS: Passage = { kind: 'aside', deadline: Number.POSITIVE_INFINITY };

/**
 * A store behind a gate. What ends sessions goes through a shut gate too: it is rare, it may stand behind something that has
 * happened already (a password that was changed), and a server that only hangs carries it out when it wakes. Like every other
 * call it throws when no answer came: an ending is never dropped in silence.
 */
export class GatedStore extends SessionStore {
  override readonly joinsTransactions: boolean;
  override readonly appliesAfterCommit: boolean;

  constructor(
    private readonly inner: SessionStore,
    private readonly gate: StoreGate,
    private readonly telemetry?: TelemetryHub,
    /** What ends all sessions of a user ends those that have not been exchanged for ours too, and before the fence moves. */
    private readonly former?: FormerEndings,
  ) {
    super();
    this.joinsTransactions = inner.joinsTransactions;
    this.appliesAfterCommit = inner.appliesAfterCommit;
  }

  /** A store may know the time, and be unable to answer requests: no sign of life either. */
  time(): Promise<number> {
    return this.pass('time', () => this.inner.time(), ASIDE);
  }

  /** A store may know its faults without being asked: what it answers here is no sign of life. */
  faults(): Promise<readonly string[]> {
    return this.pass('faults', () => this.inner.faults(), ASIDE);
  }

  fence(subject: Subject): Promise<Fence> {
    return this.pass('fence', () => this.inner.fence(subject));
  }

  async moveFence(subject: Subject): Promise<void> {
    await this.former?.hasEnded(subject.userId); // away, it says so now, and not when a new password is committed already
    return this.pass('moveFence', () => this.inner.moveFence(subject));
  }

  create(operation: OperationId, record: SessionRecord, fence: Fence, now: number, limit?: SessionLimit): Promise<CreateOutcome> {
    return this.pass('create', () => this.inner.create(operation, record, fence, now, limit));
  }

  find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return this.pass('find', () => this.inner.find(ids), { weight: ids.length });
  }

  override placeOf(id: string): string {
    return this.inner.placeOf(id);
  }

  /** Nobody is refused or let in by it. */
  endReason(id: string): Promise<EndReason | undefined> {
    return this.pass('endReason', () => this.inner.endReason(id), ASIDE);
  }

  touch(id: string, seenAt: number): Promise<void> {
    return this.pass('touch', () => this.inner.touch(id, seenAt), ASIDE);
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

  write(
    operation: OperationId,
    id: string,
    sealed: string,
    expectedVersion: number,
    now: number,
    part?: WrittenPart,
  ): Promise<WriteOutcome> {
    return this.pass('write', () => this.inner.write(operation, id, sealed, expectedVersion, now, part));
  }

  revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    return this.pass('revoke', () => this.inner.revoke(operation, id, reason, now), ENDING);
  }

  async revokeAll(
    operation: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
    transaction?: CallerTransaction,
  ): Promise<RevokeAllOutcome> {
    await this.former?.endAllOf(subject.userId);
    return this.pass('revokeAll', () => this.inner.revokeAll(operation, subject, reason, now, spared, transaction), ENDING);
  }

  async revokeEveryone(reason: EndReason): Promise<number> {
    await this.former?.endAllOf();
    return this.pass('revokeEveryone', () => this.inner.revokeEveryone(reason), ENDING_EVERYONE);
  }

  /** As long as the store's own deadlines allow: nobody waits for it. */
  override census(now: number): Promise<SessionCensus | undefined> {
    return this.pass('census', () => this.inner.census(now), CENSUS);
  }

  list(subject: Subject, now: number): Promise<readonly SessionRecord[]> {
    return this.pass('list', () => this.inner.list(subject, now));
  }

  override get obstacle(): string | undefined {
    return this.inner.obstacle;
  }

  override notices(): readonly string[] {
    return this.inner.notices();
  }

  /** Past the gate: a relay works in the background, and what it cannot do it tries again. */
  override relay(listener: RelayListener): Relay | undefined {
    return this.inner.relay(listener);
  }

  /** Past the gate: a feed has a connection of its own, and says nothing of the store. */
  override changes(listener: ChangeListener): Promise<Subscription> {
    return this.inner.changes(listener);
  }

  /** Every call goes through here. Where nobody listens it costs nothing more than the gate. */
  private pass<T>(operation: StoreOperation, call: () => Promise<T>, passage?: Passage): Promise<T> {
    if (this.telemetry === undefined) return this.gate.pass(call, passage);
    const records = passage?.weight ?? 1;
    return this.telemetry.watch({ operation, records, call: () => this.gate.pass(call, passage) });
  }
}
