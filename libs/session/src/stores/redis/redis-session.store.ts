import { randomBytes } from 'node:crypto';
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
import { SessionStore } from '../../core/ports/session-store.js';
import { byLastSeen } from '../../core/record/recency.js';
import type { EndedSession, EndReason, SessionRecord } from '../../core/record/session-record.js';
import type { RefreshRule } from '../../core/refresh/refresh-decision.js';
import { slotOf } from '../../core/record/session-id.js';
import { changedIds } from '../change-hub.js';
import { countSessions } from './census.js';
import { endEveryone } from './end-everyone.js';
import { decodeRecord, encodeRecord, encodeSealed } from './record-codec.js';
import { RecordReader } from './record-reader.js';
import { RedisChanges } from './redis-changes.js';
import type { RedisClient } from './redis-client.js';
import { NO_JOURNAL, redisFaults } from './redis-faults.js';
import { memberOf, RedisKeys } from './redis-keys.js';
import { RedisLink } from './redis-link.js';
import type { RedisSessionStoreOptions } from './redis-session-store-options.js';
import {
  createOutcome,
  renewOutcome,
  revokeAllOutcome,
  revokeOutcome,
  rotateOutcome,
  wordOf,
  wordsOf,
  writeOutcome,
} from './replies.js';
import { REVOKE, ROTATE, TOUCH, USED, WRITE } from './session-scripts.js';
import { CREATE, FENCE, LIST, RENEW, REVOKE_ALL } from './user-scripts.js';

/**
 * Sessions in Redis 7 or later: standalone, Sentinel or Cluster. Every method of the port is one Lua script (design §13), but
 * for reads from a standalone server, which are plain commands. It is given a connected client, and leaves opening and closing it to the host.
 *
 * Give `createSentinel` the options `reserveClient: true` and `masterPoolSize: 2`: without the first, node-redis 6.3 hangs when
 * several commands come at once upon an idle client, or sends one command after the other; and a scan needs a second connection.
 */
export class RedisSessionStore extends SessionStore {
  private readonly keys: RedisKeys;
  private readonly link: RedisLink;
  private readonly reader: RecordReader;
  private readonly mayFailOver: boolean | undefined;
  private readonly feed: RedisChanges;

  /** @throws InvalidOptionsError when the prefix could be read as a hash tag or as a pattern, or the subscriber is unfit */
  constructor(client: RedisClient, options: RedisSessionStoreOptions = {}) {
    super();
    this.keys = new RedisKeys(options.prefix ?? 'nhs');
    this.link = new RedisLink(client, options.deadline ?? 2_000);
    this.mayFailOver = options.failsOver;
    this.reader = new RecordReader(this.link, this.keys, options.failsOver ?? false);
    this.feed = new RedisChanges(this.link, this.keys.channel, options.subscriber);
  }

  time(): Promise<number> {
    return this.link.ask(async () => {
      const [seconds, micros] = wordsOf(await this.link.commands.time());
      return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    });
  }

  faults(): Promise<readonly string[]> {
    return this.link.ask(() => redisFaults(this.link.client, this.mayFailOver));
  }

  fence(subject: Subject): Promise<Fence> {
    return this.link.run(FENCE, [this.keys.fence(subject)], [randomBytes(16).toString('base64url')], wordOf);
  }

  /** Removes the fence: to `create` and `renew` an absent fence has moved, and the next reader makes a new one. */
  async moveFence(subject: Subject): Promise<void> {
    await this.link.ask(() => this.link.commands.unlink(this.keys.fence(subject)));
  }

  create(operation: OperationId, record: SessionRecord, fence: Fence, now: number, limit?: SessionLimit): Promise<CreateOutcome> {
    const { id, userId, channel } = record;
    const slot = slotOf(id);
    const subject = { userId, slot };
    return this.link.run(
      CREATE,
      [this.keys.operation(slot, operation), this.keys.session(id), this.keys.fence(subject), this.keys.index(subject, channel)],
      [
        encodeRecord(record),
        fence,
        now,
        memberOf(id),
        this.keys.sessions(slot),
        limit?.max ?? -1,
        limit?.policy ?? 'refuse',
        this.keys.channel,
      ],
      (reply) => this.told(createOutcome(reply, { id, userId, channel }), id),
    );
  }

  find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return this.reader.find(ids);
  }

  override placeOf(id: string): string {
    return this.reader.placeOf(id);
  }

  endReason(id: string): Promise<EndReason | undefined> {
    return this.reader.endReason(id);
  }

  async touch(id: string, seenAt: number): Promise<void> {
    await this.link.run(TOUCH, [this.keys.session(id)], [seenAt], String);
  }

  async used(id: string, generation: number, now: number): Promise<void> {
    await this.link.run(USED, [this.keys.session(id)], [generation, now], String);
  }

  rotate(operation: OperationId, id: string, generation: number, now: number, rule: RefreshRule): Promise<RotateOutcome> {
    return this.link.run(
      ROTATE,
      [this.keys.operation(slotOf(id), operation), this.keys.session(id)],
      [generation, now, rule.window, rule.windowFrom, this.keys.channel],
      (reply) => this.told(rotateOutcome(reply, id), id),
    );
  }

  renew(operation: OperationId, { record, expectedVersion }: Renewal, fence: Fence, now: number): Promise<RenewOutcome> {
    const slot = slotOf(record.id);
    const subject = { userId: record.userId, slot };
    return this.link.run(
      RENEW,
      [
        this.keys.operation(slot, operation),
        this.keys.session(record.id),
        this.keys.fence(subject),
        this.keys.index(subject, record.channel),
      ],
      [encodeRecord(record), expectedVersion, fence, now, memberOf(record.id), this.keys.channel],
      (reply) => this.told(renewOutcome(reply), record.id),
    );
  }

  write(operation: OperationId, id: string, sealed: string, expectedVersion: number, now: number): Promise<WriteOutcome> {
    return this.link.run(
      WRITE,
      [this.keys.operation(slotOf(id), operation), this.keys.session(id)],
      [encodeSealed(sealed), expectedVersion, now, this.keys.channel],
      (reply) => this.told(writeOutcome(reply), id),
    );
  }

  revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    return this.link.run(
      REVOKE,
      [this.keys.operation(slotOf(id), operation), this.keys.session(id)],
      [reason, now, this.keys.channel],
      (reply) => {
        this.feed.tellOwn([id]);
        return revokeOutcome(reply, id);
      },
    );
  }

  async revokeAll(
    operation: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
    transaction?: CallerTransaction,
  ): Promise<RevokeAllOutcome> {
    if (transaction) throw new TransactionNotSupportedError();
    const { slot, userId } = subject;
    const renewal = spared && 'renew' in spared ? spared.renew : undefined;
    const own = renewal ? renewal.record.id : spared && 'keep' in spared ? spared.keep : '';
    return this.link.run(
      REVOKE_ALL,
      [this.keys.operation(slot, operation), this.keys.fence(subject), ...this.keys.indexes(subject)],
      [
        reason,
        now,
        this.keys.sessions(slot),
        slotOf(own) === slot ? memberOf(own) : '',
        renewal ? encodeRecord(renewal.record) : '',
        renewal?.expectedVersion ?? 0,
        this.keys.channel,
      ],
      (reply) => this.told(revokeAllOutcome(reply, slot, userId), renewal?.record.id),
    );
  }

  async revokeEveryone(reason: EndReason): Promise<number> {
    const count = await endEveryone(this.link, this.keys, reason);
    this.feed.tellOwn('everyone');
    return count;
  }

  override census(now: number): Promise<SessionCensus> {
    return countSessions(this.link, this.keys, now);
  }

  override notices(): readonly string[] {
    return [NO_JOURNAL];
  }

  override changes(listener: ChangeListener): Promise<Subscription> {
    return this.feed.listen(listener);
  }

  async list(subject: Subject, now: number): Promise<readonly SessionRecord[]> {
    const words = await this.link.run(LIST, this.keys.indexes(subject), [now, this.keys.sessions(subject.slot)], wordsOf);
    const records: SessionRecord[] = [];
    for (let at = 0; at + 1 < words.length; at += 2) {
      const record = decodeRecord(`${subject.slot}.${words[at]}`, words[at + 1]);
      if (record) records.push(record);
    }
    return records.toSorted(byLastSeen).reverse();
  }

  private told<T extends Parameters<typeof changedIds>[0]>(outcome: T, id: string | undefined): T {
    this.feed.tellOwn(changedIds(outcome, id));
    return outcome;
  }
}
