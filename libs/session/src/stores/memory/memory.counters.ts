import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import type { CountingRule } from '../../core/ports/counters.js';
import { RateLimiterCounters } from '../rate-limiter.counters.js';

/** The longest a Node timer can wait, in seconds; told to wait longer, it fires at once and the count is lost. */
const LONGEST_TIMER = Math.floor((2 ** 31 - 1) / 1_000);

/**
 * Counts in the memory of this process: for development, tests and single instances. Its timers keep no process alive; a
 * window longer than 24 days ends after 24 days.
 */
export class MemoryCounters extends RateLimiterCounters {
  protected limiter(rule: CountingRule, duration: number): RateLimiterAbstract {
    return new RateLimiterMemory({ keyPrefix: rule.name, points: rule.limit, duration: Math.min(duration, LONGEST_TIMER) });
  }

  protected ask<T>(question: () => Promise<T>): Promise<T> {
    return question();
  }
}
