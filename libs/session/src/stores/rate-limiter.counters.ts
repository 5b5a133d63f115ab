import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { type CountedHit, Counters, type CountingRule, type PacingRule } from '../core/ports/counters.js';

/**
 * Counting with rate-limiter-flexible, wherever it keeps the counts: one limiter per rule, made at its first use. A window
 * counts in whole seconds, rounded up. Pacing is the adapters' own: its limiters know no pause that grows.
 */
export abstract class RateLimiterCounters extends Counters {
  private readonly limiters = new Map<string, RateLimiterAbstract>();

  async hit(rule: CountingRule, key: string): Promise<CountedHit> {
    const { consumedPoints, msBeforeNext } = await this.ask(async () => {
      try {
        return await this.limiterOf(rule).consume(key);
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return refusal;
        throw refusal;
      }
    });
    return { allowed: consumedPoints <= rule.limit, count: consumedPoints, resetIn: Math.max(0, msBeforeNext) };
  }

  /** A count below nothing would allow one hit too many: so where there was none to take back, the count is dropped. */
  async undo(rule: CountingRule, key: string): Promise<void> {
    const limiter = this.limiterOf(rule);
    const { consumedPoints } = await this.ask(() => limiter.reward(key));
    if (consumedPoints < 0) await this.reset(rule, key);
  }

  async reset(rule: CountingRule | PacingRule, key: string): Promise<void> {
    if ('pause' in rule) return this.forget(rule, key);
    await this.ask(() => this.limiterOf(rule).delete(key));
  }

  /** Forgets a paced count: what rate-limiter-flexible does not keep. */
  protected abstract forget(rule: PacingRule, key: string): Promise<void>;

  /** Makes the limiter of a rule. `duration` is the window in seconds. */
  protected abstract limiter(rule: CountingRule, duration: number): RateLimiterAbstract;

  /** Asks the limiter: adapters put their deadline and their error here. */
  protected abstract ask<T>(question: () => Promise<T>): Promise<T>;

  private limiterOf(rule: CountingRule): RateLimiterAbstract {
    const known = this.limiters.get(rule.name);
    if (known) return known;
    const made = this.limiter(rule, Math.max(1, Math.ceil(rule.window / 1_000)));
    this.limiters.set(rule.name, made);
    return made;
  }
}
