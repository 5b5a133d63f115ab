import type { ChangeListener, Subscription } from '../../core/ports/changes.js';
import type { Journal } from '../../core/ports/journal.js';
import type { Relay, RelayListener } from '../../core/ports/relay.js';
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
} from '../../core/ports/session-store.js';
import { SessionStore } from '../../core/ports/session-store.js';
import type { EndedSession, EndReason, SessionRecord } from '../../core/record/session-record.js';
import type { RefreshRule } from '../../core/refresh/refresh-decision.js';
import { slotOf } from '../../core/record/session-id.js';
import { ChangeHub } from '../change-hub.js';
import { guardedClient } from './guarded-client.js';
import { JournalRelay } from './journal-relay.js';
import { JournaledEndings, KEPT_AT_LEAST } from './journaled-endings.js';
import { JournalWriter, keeping } from './journal-writer.js';
import { KnownServers } from './known-servers.js';
import type { RedisClient } from './redis-client.js';
import { RedisKeys } from './redis-keys.js';
import { RedisLink } from './redis-link.js';
import { RedisSessionStore } from './redis-session.store.js';
import type { JournaledRedisSessionStoreOptions } from './redis-session-store-options.js';
import { RelayLoop } from './relay-loop.js';

/**
 * Sessions in Redis that are not forgotten (P8): every ending, renewal and change of rights is also written to a {@link Journal} in another
 * engine. A Redis that comes back older, from a copy, from a stale replica or empty, is brought up to date before this instance asks
 * it anything else. `revokeAll` joins transactions of the journal's database. Needs Redis 7 or later, and leave to run INFO.
 *
 * What is asked for explicitly is written before it is done; what Redis decides by itself (an eviction, a reuse) right after. When
 * either cannot be reached the call fails with {@link StoreUnavailableError}, and may be repeated.
 */
export class JournaledRedisSessionStore extends SessionStore {
  override readonly joinsTransactions = true;
  override readonly appliesAfterCommit = true;
  private readonly inner: RedisSessionStore;
  private readonly servers: KnownServers;
  private readonly writer: JournalWriter;
  private readonly endings: JournaledEndings;
  private readonly loop: RelayLoop;
  private readonly hub = new ChangeHub();
  private readonly tellsItself: boolean;
  private listener: RelayListener | undefined;

  /** @throws InvalidOptionsError as {@link RedisSessionStore} does */
  constructor(
    client: RedisClient,
    private readonly journal: Journal,
    options: JournaledRedisSessionStoreOptions = {},
  ) {
    super();
    const { deadline = 2_000, prefix = 'nhs', relayInterval = 1_000 } = options;
    const keys = new RedisKeys(prefix);
    this.tellsItself = options.subscriber === undefined;
    const changed = (ids: readonly string[]) => this.hub.changed(ids);
    const time = () => this.time();
    const relay = new JournalRelay(keys, journal, () => this.listener, changed, time);
    this.servers = new KnownServers(client, deadline, (ids) =>
      relay.catchUp(
        new RedisLink(
          guardedClient(client, (question) => question(ids)),
          deadline,
        ),
      ),
    );
    const guarded = guardedClient(client, (question) => this.servers.ask(question));
    const link = new RedisLink(guarded, deadline);
    this.inner = new RedisSessionStore(guarded, options);
    this.writer = new JournalWriter(link, keys, journal, relay, () => this.listener);
    this.endings = new JournaledEndings(this.inner, this.writer, () => this.listener);
    this.loop = new RelayLoop(
      link,
      journal,
      relay,
      relayInterval,
      time,
      () => this.writer.writeOutstanding(),
      () => this.servers.ask(async () => undefined),
    );
  }

  time(): Promise<number> {
    return this.inner.time();
  }

  /** Of Redis, and of the journal. */
  async faults(): Promise<readonly string[]> {
    return (await Promise.all([this.inner.faults(), this.journal.faults()])).flat();
  }

  override get obstacle(): string | undefined {
    return this.servers.obstacle;
  }

  override relay(listener: RelayListener): Relay {
    this.listener = listener;
    return this.loop;
  }

  /** Names the servers too: a login that began before Redis came back as another begins again. */
  async fence(subject: Subject): Promise<Fence> {
    const fence = await this.inner.fence(subject);
    return `${fence}.${this.servers.name}`;
  }

  moveFence(subject: Subject): Promise<void> {
    return this.inner.moveFence(subject);
  }

  /** What is in the journal is applied first: so nobody who has just logged in with a new password is ended by its change. */
  async create(
    operation: OperationId,
    record: SessionRecord,
    fence: Fence,
    now: number,
    limit?: SessionLimit,
  ): Promise<CreateOutcome> {
    const slot = slotOf(record.id);
    await this.writer.catchUp(slot);
    const outcome = await this.inner.create(operation, record, this.innerFence(fence), now, limit);
    if (outcome.outcome === 'created') await this.writeEnds(operation, outcome.evicted, 'evicted', now, now + KEPT_AT_LEAST);
    return outcome;
  }

  find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return this.inner.find(ids);
  }

  override placeOf(id: string): string {
    return this.inner.placeOf(id);
  }

  endReason(id: string): Promise<EndReason | undefined> {
    return this.inner.endReason(id);
  }

  touch(id: string, seenAt: number): Promise<void> {
    return this.inner.touch(id, seenAt);
  }

  used(id: string, generation: number, now: number): Promise<void> {
    return this.inner.used(id, generation, now);
  }

  async rotate(operation: OperationId, id: string, generation: number, now: number, rule: RefreshRule): Promise<RotateOutcome> {
    const outcome = await this.inner.rotate(operation, id, generation, now, rule);
    if (outcome.outcome !== 'reused') return outcome;
    const act = { kind: 'end', id, reason: 'reuse' } as const;
    try {
      await this.writer.writeDone(slotOf(id), [{ operation: `${operation}:end`, act, at: now, until: now + KEPT_AT_LEAST }]);
    } catch (error) {
      this.listener?.ended([outcome.ended], 'reuse'); // the caller, who would, does not hear of it
      throw error;
    }
    return outcome;
  }

  async renew(operation: OperationId, renewal: Renewal, fence: Fence, now: number): Promise<RenewOutcome> {
    const slot = slotOf(renewal.record.id);
    await this.writer.catchUp(slot);
    const outcome = await this.inner.renew(operation, renewal, this.innerFence(fence), now);
    if (outcome.outcome === 'renewed') await this.writer.writeDone(slot, [keeping(operation, renewal.record, now)]);
    return outcome;
  }

  async write(
    operation: OperationId,
    id: string,
    sealed: string,
    expectedVersion: number,
    now: number,
    part: WrittenPart = 'data',
  ): Promise<WriteOutcome> {
    const outcome = await this.inner.write(operation, id, sealed, expectedVersion, now);
    if (part === 'rights' && outcome.outcome === 'written') {
      const [record] = await this.inner.find([id]); // perhaps a later version: it has these rights, or later ones
      if (record) await this.writer.writeDone(slotOf(id), [keeping(operation, record, now)]);
    }
    return outcome;
  }

  revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    return this.endings.revoke(operation, id, reason, now);
  }

  revokeAll(
    operation: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
    transaction?: CallerTransaction,
  ): Promise<RevokeAllOutcome> {
    return this.endings.revokeAll(operation, subject, reason, now, spared, transaction);
  }

  async revokeEveryone(reason: EndReason): Promise<number> {
    await this.endings.writeEveryone(reason, await this.time());
    return this.inner.revokeEveryone(reason);
  }

  list(subject: Subject, now: number): Promise<readonly SessionRecord[]> {
    return this.inner.list(subject, now);
  }

  override census(now: number): Promise<SessionCensus> {
    return this.inner.census(now);
  }

  /** Where no connection listens, what the journal made this instance do is told here, and all else by the store beneath. */
  override async changes(listener: ChangeListener): Promise<Subscription> {
    const place = await this.inner.changes(listener);
    if (!this.tellsItself) return place;
    const own = this.hub.add(listener);
    return { close: async () => void (await Promise.all([place.close(), own.close()])) };
  }

  private async writeEnds(operation: OperationId, ended: readonly EndedSession[], reason: EndReason, at: number, until: number) {
    const [first] = ended;
    if (!first) return;
    const drafts = ended.map(({ id }, nth) => ({
      operation: `${operation}:${nth}`,
      act: { kind: 'end', id, reason } as const,
      at,
      until,
    }));
    this.listener?.ended(ended, reason);
    await this.writer.writeDone(slotOf(first.id), drafts);
  }

  private innerFence(fence: Fence): Fence {
    const at = fence.lastIndexOf('.');
    return fence.slice(at + 1) === this.servers.name ? fence.slice(0, at) : '';
  }
}
