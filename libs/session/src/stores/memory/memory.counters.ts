import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import { forgottenAt, pace, type PacedCount, unpace } from '../../core/login/pacing.js';
import type { CountedHit, CountingRule, PacingRule } from '../../core/ports/counters.js';
import { RateLimiterCounters } from '../rate-limiter.counters.js';

/** The longest a Node timer can wait, in seconds; told to wait longer, it fires at once and the count is lost. */
const LONGEST_TIMER = Math.floor((2 ** 31 - 1) / 1_000);
/** Paced counts that are kept before anyone looks which of them may go. */
const FIRST_SWEEP = 1_000;

/**
 * Counts in the memory of this process: for development, tests and single instances. Its timers keep no process alive; a
 * window longer than 24 days ends after 24 days.
 */
export class MemoryCounters extends RateLimiterCounters {
  private readonly paced = new Map<string, PacedCount & { readonly forgottenAt: number }>();
  private sweepAt = FIRST_SWEEP;

  /** Paced counts held, those forgotten but not yet dropped included. */
  get pacedCounts(): number {
    return this.paced.size;
  }

  async pace(rule: PacingRule, key: string, now: number, hits = 1): Promise<CountedHit> {
    const place = placeOf(rule, key);
    const { hit, next } = pace(this.paced.get(place), rule, now, hits);
    if (this.paced.size >= this.sweepAt) this.sweep(now);
    this.paced.set(place, { ...next, forgottenAt: forgottenAt(next, rule) });
    return hit;
  }

  async unpace(rule: PacingRule, key: string): Promise<void> {
    const place = placeOf(rule, key);
    const stored = this.paced.get(place);
    if (!stored) return;
    const next = unpace(stored);
    this.paced.set(place, { ...next, forgottenAt: forgottenAt(next, rule) });
  }

  protected async forget(rule: PacingRule, key: string): Promise<void> {
    this.paced.delete(placeOf(rule, key));
  }

  protected limiter(rule: CountingRule, duration: number): RateLimiterAbstract {
    return new RateLimiterMemory({ keyPrefix: rule.name, points: rule.limit, duration: Math.min(duration, LONGEST_TIMER) });
  }

  protected ask<T>(question: () => Promise<T>): Promise<T> {
    return question();
  }

  /** Needs no timer, and its cost is spread: the map must have doubled before it is looked through again. */
  private sweep(now: number): void {
    for (const [place, count] of this.paced) if (count.forgottenAt <= now) this.paced.delete(place);
    this.sweepAt = Math.max(FIRST_SWEEP, 2 * this.paced.size);
  }
}

function placeOf(rule: PacingRule, key: string): string {
  return `${rule.name}:${key}`;
}
