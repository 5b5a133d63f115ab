import { isExpired } from '../../core/record/lifetimes.js';
import { byLastSeen } from '../../core/record/recency.js';
import type { SessionCensus } from '../../core/ports/session-store.js';
import type { Channel, EndedSession, EndReason, SessionRecord } from '../../core/record/session-record.js';
import { ShortMemory } from './short-memory.js';

const TOMBSTONE_LIFETIME = 3_600_000;
const TOMBSTONE_CAPACITY = 100_000;

/** The records of a {@link MemorySessionStore}, found by id and by user. Records come in and go out as copies. */
export class MemorySessions {
  private readonly records = new Map<string, SessionRecord>();
  private readonly idsOfUsers = new Map<string, Set<string>>();
  private readonly tombstones = new ShortMemory<EndReason>(TOMBSTONE_LIFETIME, TOMBSTONE_CAPACITY);

  /** A copy of the record, expired or not. */
  get(id: string): SessionRecord | undefined {
    const record = this.records.get(id);
    return record && { ...record };
  }

  /** A copy of the record, if it is alive. */
  living(id: string, now: number): SessionRecord | undefined {
    const record = this.records.get(id);
    return record && !isExpired(record, now) ? { ...record } : undefined;
  }

  /** Whether the id has a record, or had one that was ended. */
  knows(id: string): boolean {
    return this.records.has(id) || this.tombstones.recall(id) !== undefined;
  }

  /** Why the id was ended. */
  endReason(id: string): EndReason | undefined {
    return this.tombstones.recall(id)?.value;
  }

  /** Adds or replaces a record by a copy of this one. */
  put(record: SessionRecord): void {
    this.records.set(record.id, { ...record });
    const ids = this.idsOfUsers.get(record.userId);
    if (ids) ids.add(record.id);
    else this.idsOfUsers.set(record.userId, new Set([record.id]));
  }

  /** Copies of the live records of a user, the least recently seen first. Drops the expired. */
  ofUser(userId: string, now: number, channel?: Channel): SessionRecord[] {
    const living: SessionRecord[] = [];
    for (const id of this.idsOfUsers.get(userId) ?? []) {
      const record = this.living(id, now);
      if (!record) this.drop(id);
      else if (channel === undefined || record.channel === channel) living.push(record);
    }
    return living.sort(byLastSeen);
  }

  /** How many live, on each channel. */
  census(now: number): SessionCensus {
    const counted = { browser: 0, api: 0, support: 0, visitor: 0 };
    for (const record of this.records.values()) if (!isExpired(record, now)) counted[record.channel] += 1;
    return counted;
  }

  /** Ends a session and remembers why. */
  end(id: string, reason: EndReason): EndedSession | undefined {
    const record = this.drop(id);
    if (!record) return undefined;
    this.tombstones.remember(id, reason);
    return { id, userId: record.userId, channel: record.channel };
  }

  /** Ends every session; answers how many. */
  endAll(reason: EndReason): number {
    const ids = [...this.records.keys()];
    for (const id of ids) this.end(id, reason);
    return ids.length;
  }

  /**
   * Looks at the two records that were not looked at for longest, and drops the expired. Called at every `create`, it goes
   * round faster than sessions are added: what users who never come back leave behind is bounded without a timer.
   */
  sweep(now: number): void {
    for (let turn = 0; turn < 2; turn += 1) {
      const [next] = this.records;
      if (!next) return;
      const [id, record] = next;
      if (isExpired(record, now)) {
        this.drop(id);
      } else {
        this.records.delete(id);
        this.records.set(id, record);
      }
    }
  }

  private drop(id: string): SessionRecord | undefined {
    const record = this.records.get(id);
    if (!record) return undefined;
    this.records.delete(id);
    const ids = this.idsOfUsers.get(record.userId);
    ids?.delete(id);
    if (ids?.size === 0) this.idsOfUsers.delete(record.userId);
    return record;
  }
}
