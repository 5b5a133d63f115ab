import { Clock } from './clock.js';
import type { SessionStore } from './session-store.js';

const RESYNC_AFTER = 30_000;
const RETRY_AFTER = 1_000;

/**
 * The store's clock, so that all instances agree on when a session ends: this machine's clock plus an offset that is measured in
 * the background as the clock is used. Before the first answer, and while the store is away, the last offset stands.
 */
export class StoreClock extends Clock {
  private offset = 0;
  private dueAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Pick<SessionStore, 'time'>,
    private readonly machine: Clock,
  ) {
    super();
  }

  now(): number {
    const now = this.machine.now();
    // A machine clock that was set back is due as well: what it says of the next measurement is void.
    if (now >= this.dueAt || this.dueAt - now > RESYNC_AFTER) void this.measure();
    return now + this.offset;
  }

  /**
   * Measures the offset, assuming that the answer was made half-way. Awaited once at boot: what ends sessions must not start with
   * a clock that is a day off. Without an answer it is tried again soon; the store's absence shows in the calls that matter.
   */
  async measure(): Promise<void> {
    const sent = this.machine.now();
    this.dueAt = sent + RETRY_AFTER;
    try {
      const there = await this.store.time();
      this.offset = Math.round(there - (sent + this.machine.now()) / 2);
      this.dueAt = sent + RESYNC_AFTER;
    } catch {
      // The last offset stands.
    }
  }
}
