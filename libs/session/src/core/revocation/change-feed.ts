import type { Change, Subscription } from '../ports/changes.js';
import type { Clock } from '../ports/clock.js';
import type { SessionStore } from '../ports/session-store.js';
import type { RecordCopies } from './record-copies.js';

/** How late this instance learns of changes, those that it makes itself included. */
export interface RevocationLag {
  /** How many changes were measured since the start: those that told when they happened. */
  readonly count: number;
  /** Milliseconds from the last change, by the store's clock, to its arrival here: as exact as that clock is known, some 1 or 2 ms. */
  readonly last: number;
  /** The longest of them since the start, in milliseconds. */
  readonly max: number;
}

/** Milliseconds between attempts to subscribe. */
const RETRY_AFTER = 1_000;

/**
 * Keeps this instance's copies in step with what the store's feed tells (design §7). It only makes a revocation known sooner than
 * the bound: where the feed is slow, broken or absent, the bound holds by itself.
 */
export class ChangeFeed {
  private measured: RevocationLag = { count: 0, last: 0, max: 0 };
  private running: Promise<Subscription | undefined> | undefined;
  private closed = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly store: SessionStore,
    private readonly copies: RecordCopies,
    private readonly clock: Clock,
    private readonly onLag?: (lag: number) => void,
  ) {}

  /** How late changes arrived so far. */
  get lag(): RevocationLag {
    return this.measured;
  }

  /**
   * Begins to listen, and tries until it succeeds or is closed. Once at the most.
   * @param onFailure told of the first attempt that fails, and of no later one
   */
  start(onFailure: (error: unknown) => void): void {
    this.running ??= this.subscribe(onFailure);
  }

  /** Ends it. To be called before the store's connections are closed. */
  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    const subscription = await this.running;
    await subscription?.close();
  }

  private async subscribe(onFailure: (error: unknown) => void): Promise<Subscription | undefined> {
    for (let attempt = 1; !this.closed; attempt += 1) {
      try {
        const subscription = await this.store.changes((change) => this.take(change));
        this.copies.clear(); // what was read before may have changed unheard
        return subscription;
      } catch (error) {
        if (attempt === 1) onFailure(error);
        await this.pause();
      }
    }
    return undefined;
  }

  private take(change: Change): void {
    if (change.type === 'changed') this.copies.evict(change.id);
    else if (change.type === 'slot_changed') this.copies.evictSlot(change.slot);
    else this.copies.clear();
    if (change.type !== 'gap' && change.at !== undefined) this.measure(this.clock.now() - change.at);
  }

  /** Two clocks that differ by their error make a lag below nothing: it counts as none. */
  private measure(difference: number): void {
    const last = Math.max(0, difference);
    this.measured = { count: this.measured.count + 1, last, max: Math.max(this.measured.max, last) };
    this.onLag?.(last);
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      if (this.closed) return resolve();
      const timer = setTimeout(resolve, RETRY_AFTER);
      timer.unref(); // trying again keeps no process alive
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
