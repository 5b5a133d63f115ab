import { randomBytes } from 'node:crypto';
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
} from '../../core/ports/session-store.js';
import { SessionStore } from '../../core/ports/session-store.js';
import { byLastSeen } from '../../core/record/recency.js';
import type { EndedSession, EndReason, SessionRecord } from '../../core/record/session-record.js';
import type { RefreshRule } from '../../core/refresh/refresh-decision.js';
import { endEveryone } from './end-everyone.js';
import { findRecords } from './find-records.js';
import { decodeRecord, encodeRecord, encodeSealed } from './record-codec.js';
import type { RedisClient } from './redis-client.js';
import { redisFaults } from './redis-faults.js';
import { memberOf, RedisKeys, slotOf } from './redis-keys.js';
import { RedisLink } from './redis-link.js';
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

/** How a {@link RedisSessionStore} uses its Redis. */
export interface RedisSessionStoreOptions {
  /** What every key begins with. Default `nhs`. */
  readonly prefix?: string;
  /** Milliseconds that one call may take. Default 2,000. */
  readonly deadline?: number;
}

/**
 * Sessions in Redis 7 or later: standalone, Sentinel or Cluster. Every method of the port is one Lua script (design §13), but
 * for reads, which are plain commands. It is given a connected client, and leaves opening and closing it to the host.
 *
 * Give `createSentinel` the options `reserveClient: true` and `masterPoolSize: 2`: without the first, node-redis 6.3 hangs when
 * several commands come at once upon an idle client, or sends one command after the other; and a scan needs a second connection.
 */
export class RedisSessionStore extends SessionStore {
  private readonly keys: RedisKeys;
  private readonly link: RedisLink;

  /** @throws InvalidOptionsError when the prefix could be read as a hash tag or as a pattern */
  constructor(client: RedisClient, options: RedisSessionStoreOptions = {}) {
    super();
    this.keys = new RedisKeys(options.prefix ?? 'nhs');
    this.link = new RedisLink(client, options.deadline ?? 2_000);
  }

  time(): Promise<number> {
    return this.link.ask(async () => {
      const [seconds, micros] = wordsOf(await this.link.commands.time());
      return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    });
  }

  faults(): Promise<readonly string[]> {
    return this.link.ask(() => redisFaults(this.link.client));
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
      [encodeRecord(record), fence, now, memberOf(id), this.keys.sessions(slot), limit?.max ?? -1, limit?.policy ?? 'refuse'],
      (reply) => createOutcome(reply, { id, userId, channel }),
    );
  }

  find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return findRecords(this.link, this.keys, ids);
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
      [generation, now, rule.window, rule.windowFrom],
      (reply) => rotateOutcome(reply, id),
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
      [encodeRecord(record), expectedVersion, fence, now, memberOf(record.id)],
      renewOutcome,
    );
  }

  write(operation: OperationId, id: string, sealed: string, expectedVersion: number, now: number): Promise<WriteOutcome> {
    return this.link.run(
      WRITE,
      [this.keys.operation(slotOf(id), operation), this.keys.session(id)],
      [encodeSealed(sealed), expectedVersion, now],
      writeOutcome,
    );
  }

  revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    return this.link.run(REVOKE, [this.keys.operation(slotOf(id), operation), this.keys.session(id)], [reason, now], (reply) =>
      revokeOutcome(reply, id),
    );
  }

  revokeAll(
    operation: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
  ): Promise<RevokeAllOutcome> {
    const { slot, userId } = subject;
    const renewal = spared && 'renew' in spared ? spared.renew : undefined;
    const own = renewal ? renewal.record.id : spared && 'keep' in spared ? spared.keep : '';
    return this.link.run(
      REVOKE_ALL,
      [
        this.keys.operation(slot, operation),
        this.keys.fence(subject),
        this.keys.index(subject, 'browser'),
        this.keys.index(subject, 'api'),
      ],
      [
        reason,
        now,
        this.keys.sessions(slot),
        slotOf(own) === slot ? memberOf(own) : '',
        renewal ? encodeRecord(renewal.record) : '',
        renewal?.expectedVersion ?? 0,
      ],
      (reply) => revokeAllOutcome(reply, slot, userId),
    );
  }

  revokeEveryone(reason: EndReason): Promise<number> {
    return endEveryone(this.link, this.keys, reason);
  }

  async list(subject: Subject, now: number): Promise<readonly SessionRecord[]> {
    const words = await this.link.run(
      LIST,
      [this.keys.index(subject, 'browser'), this.keys.index(subject, 'api')],
      [now, this.keys.sessions(subject.slot)],
      wordsOf,
    );
    const records: SessionRecord[] = [];
    for (let at = 0; at + 1 < words.length; at += 2) {
      const record = decodeRecord(`${subject.slot}.${words[at]}`, words[at + 1]);
      if (record) records.push(record);
    }
    return records.toSorted(byLastSeen).reverse();
  }
}
