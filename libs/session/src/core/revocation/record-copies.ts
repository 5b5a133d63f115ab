import { BoundedMap } from '../bounded-map.js';
import type { Moment, Stopwatch } from '../ports/stopwatch.js';
import type { OpenedRecord } from '../record/opened-record.js';

interface Copy {
  /** Absent where the record is known to have ended or changed at `sentAt`: a read that was sent before tells nothing new. */
  readonly opened: OpenedRecord | undefined;
  readonly sentAt: Moment;
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

  constructor(private readonly stopwatch: Stopwatch) {}

  /** A copy whose read was sent at most `bound` milliseconds ago. */
  get(id: string, bound: number): OpenedRecord | undefined {
    const copy = this.copies.get(id);
    if (!copy) return undefined;
    const now = this.stopwatch.now();
    const age = Math.max(now.monotonic - copy.sentAt.monotonic, now.wall - copy.sentAt.wall);
    return now.wall >= copy.sentAt.wall && age <= bound ? copy.opened : undefined;
  }

  /** Keeps what a read answered. A read that was sent before the copy at hand is older than it, and is dropped. */
  keep(opened: OpenedRecord, sentAt: Moment): void {
    const { id } = opened.record;
    const present = this.copies.get(id);
    if (!present || present.sentAt.monotonic < sentAt.monotonic) this.copies.set(id, { opened, sentAt });
  }

  /** Corrects a copy by what this instance itself has told the store, without making it any younger. */
  amend(id: string, change: Partial<Pick<OpenedRecord['record'], 'lastSeenAt' | 'usedAt'>>): void {
    const copy = this.copies.get(id);
    if (!copy?.opened) return;
    const opened = { ...copy.opened, record: { ...copy.opened.record, ...change } };
    this.copies.set(id, { opened, sentAt: copy.sentAt });
  }

  /** Forgets one record, ended or changed, and whatever reads of it are still under way. */
  evict(id: string): void {
    this.copies.set(id, { opened: undefined, sentAt: this.stopwatch.now() });
  }

  /** Forgets everything: the feed of changes has a gap. */
  clear(): void {
    this.copies.clear();
  }
}
