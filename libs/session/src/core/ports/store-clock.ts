import { Clock } from './clock.js';
import type { SessionStore } from './session-store.js';

const RESYNC_AFTER = 30_000;

/**
 * The store's clock, so that all instances agree on when a session ends: this machine's clock plus an offset that is measured in
 * the background as the clock is used. Before the first answer, and while the store is away, the last offset stands.
 */
export class StoreClock extends Clock {
  private offset = 0;
  private measuredAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Pick<SessionStore, 'time'>,
    private readonly machine: Clock,
  ) {
    super();
  }

  now(): number {
    const now = this.machine.now();
    if (Math.abs(now - this.measuredAt) >= RESYNC_AFTER) {
      this.measuredAt = now;
      this.measure().catch(() => undefined); // the store's absence shows in the calls that matter
    }
    return now + this.offset;
  }

  /** Measures the offset, assuming that the answer was made half-way. */
  async measure(): Promise<void> {
    const sent = this.machine.now();
    const there = await this.store.time();
    this.offset = Math.round(there - (sent + this.machine.now()) / 2);
  }
}
