import { BoundedMap } from '../bounded-map.js';
import type { SessionEventListener } from '../events.js';
import type { Moment, Stopwatch } from '../ports/stopwatch.js';
import type { SessionRecord } from '../record/session-record.js';

const REMEMBERED_REPORTS = 10_000;

/** Counts what was answered from copies for want of the store, and tells the audit trail once per copy. */
export class StaleAnswers {
  private readonly reported = new BoundedMap<string, Moment>(REMEMBERED_REPORTS);
  private answers = 0;

  constructor(
    private readonly stopwatch: Stopwatch,
    private readonly emit: SessionEventListener,
  ) {}

  /** How many there were since the start. */
  get count(): number {
    return this.answers;
  }

  /** @param readAt when the read was sent that the copy answers from */
  note(record: SessionRecord, readAt: Moment, now: number): void {
    this.answers += 1;
    if (this.reported.get(record.id) === readAt) return;
    this.reported.set(record.id, readAt);
    const age = Math.round(this.stopwatch.now().monotonic - readAt.monotonic);
    this.emit({ type: 'session.served_stale', at: now, sessionId: record.id, userId: record.userId, age });
  }
}
