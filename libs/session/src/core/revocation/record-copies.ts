import { BoundedMap } from '../bounded-map.js';
import { NAMED_AT_MOST } from '../ports/changes.js';
import { isWithin, type Moment, type Stopwatch } from '../ports/stopwatch.js';
import type { OpenedRecord } from '../record/opened-record.js';
import { slotOf, slotsOf } from '../record/session-id.js';
import type { SessionRecord } from '../record/session-record.js';
import { Turn } from './turn.js';

/** A record as it was found, and when the question was sent. */
export interface Copy {
  readonly opened: OpenedRecord;
  readonly sentAt: Moment;
}

/** What was forgotten because it may have changed: one session, those of a slot, or (neither) all. */
export interface Eviction {
  readonly id?: string;
  readonly slot?: string;
}

/** How many records an instance keeps copies of: about 2 KB each. */
const COPIES = 20_000;

/**
 * This instance's copies of records, for routes that accept an answer of a stated age. The bound needs no message to arrive: it is
 * checked at each use, by the monotonic *and* the wall clock, and a wall clock that went back voids the copy. What is known to
 * have ended or changed is evicted early.
 */
export class RecordCopies {
  private readonly copies = new BoundedMap<string, Copy>(COPIES);
  private readonly turn: Turn;
  /** When a session, or all of a slot, was last known to have ended or changed, by the monotonic clock. */
  private readonly evictedAt = new BoundedMap<string, number>(COPIES);
  /** When everything was forgotten last. */
  private clearedAt = Number.NEGATIVE_INFINITY;

  /** @param onEviction told of each; it must not throw */
  constructor(
    private readonly stopwatch: Stopwatch,
    private readonly onEviction: (eviction: Eviction) => void = () => undefined,
  ) {
    this.turn = new Turn(stopwatch);
  }

  /** A copy whose read was sent at most `bound` milliseconds ago. */
  get(id: string, bound: number): Copy | undefined {
    const copy = this.copies.get(id);
    return copy && isWithin(copy.sentAt, this.stopwatch.now(), bound) ? copy : undefined;
  }

  /** Whether there is a copy, of whatever age. */
  has(id: string): boolean {
    return this.copies.get(id) !== undefined;
  }

  /** When a copy is to be judged: whatever came in together is answered together. */
  endOfTurn(): Promise<void> {
    return this.turn.end();
  }

  /** Keeps what a read answered. One that was sent before the copy at hand, or before an eviction, tells nothing new. */
  keep(opened: OpenedRecord, sentAt: Moment): void {
    const { id } = opened.record;
    if (sentAt.monotonic <= this.voidUntil(id)) return;
    const present = this.copies.get(id);
    if (!present || present.sentAt.monotonic < sentAt.monotonic) this.copies.set(id, { opened, sentAt });
  }

  /**
   * Corrects a copy by what this instance itself has told the store, without making it any younger. That a generation was used says nothing
   * of the one that has followed it since.
   */
  amend(id: string, change: Pick<SessionRecord, 'lastSeenAt'> | Pick<SessionRecord, 'usedAt' | 'generation'>): void {
    const copy = this.copies.get(id);
    if (!copy || ('generation' in change && change.generation !== copy.opened.record.generation)) return;
    const opened = { ...copy.opened, record: { ...copy.opened.record, ...change } };
    this.copies.set(id, { opened, sentAt: copy.sentAt });
  }

  /** Forgets one record, ended or changed, and whatever reads of it are still under way. */
  evict(id: string): void {
    this.copies.delete(id);
    this.evictedAt.set(id, this.stopwatch.now().monotonic);
    this.onEviction({ id });
  }

  /** The same for each of these; of very many, for all of their slots, which takes less. */
  evictEach(ids: readonly string[]): void {
    if (ids.length > NAMED_AT_MOST) for (const slot of slotsOf(ids)) this.evictSlot(slot);
    else for (const id of ids) this.evict(id);
  }

  /** The same for every session of a slot: it is not known which of a user's sessions have ended. */
  evictSlot(slot: string): void {
    for (const id of this.copies.keys()) if (id.startsWith(`${slot}.`)) this.copies.delete(id);
    this.evictedAt.set(slot, this.stopwatch.now().monotonic);
    this.onEviction({ slot });
  }

  /**
   * Makes a change to the sessions of a slot. When it fails, what it changed is not known: none of them is answered from a copy.
   */
  async unlessKnown<T>(slot: string, change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      this.evictSlot(slot);
      throw error;
    }
  }

  /** Forgets everything, and whatever reads are still under way: everyone's sessions ended, or the feed of changes has a gap. */
  clear(): void {
    this.clearedAt = this.stopwatch.now().monotonic;
    this.copies.clear();
    this.onEviction({});
  }

  private voidUntil(id: string): number {
    const never = Number.NEGATIVE_INFINITY;
    return Math.max(this.clearedAt, this.evictedAt.get(id) ?? never, this.evictedAt.get(slotOf(id)) ?? never);
  }
}
