import { type RateLimiterAbstract, RateLimiterRedis } from 'rate-limiter-flexible';
import type { CountedHit, CountingRule, PacingRule } from '../../core/ports/counters.js';
import { RateLimiterCounters } from '../rate-limiter.counters.js';
import { PACE, readHit, UNPACE } from './pacing-scripts.js';
import type { RedisClient } from './redis-client.js';
import { RedisLink } from './redis-link.js';

/** How {@link RedisCounters} use their Redis. */
export interface RedisCountersOptions {
  /** What every key begins with. Default `nhs`. */
  readonly prefix?: string;
  /** Milliseconds that one call may take. Default 2,000. */
  readonly deadline?: number;
}

/** Counts in Redis, across instances. Given a connected client, as `RedisSessionStore` is. */
export class RedisCounters extends RateLimiterCounters {
  private readonly link: RedisLink;
  private readonly prefix: string;

  constructor(client: RedisClient, options: RedisCountersOptions = {}) {
    super();
    this.prefix = options.prefix ?? 'nhs';
    this.link = new RedisLink(client, options.deadline ?? 2_000);
  }

  pace(rule: PacingRule, key: string, now: number, hits = 1): Promise<CountedHit> {
    const { free, pause, longest, window, renews } = rule;
    const args = [now, free, pause, longest, window, renews ? 1 : 0, hits];
    const call = { keys: [this.placeOf(rule, key)], arguments: args.map(String) };
    return this.link.once(async () => readHit(await this.link.evaluate(PACE, call)));
  }

  async unpace(rule: PacingRule, key: string): Promise<void> {
    const call = { keys: [this.placeOf(rule, key)], arguments: [] };
    await this.link.once(() => this.link.evaluate(UNPACE, call));
  }

  protected async forget(rule: PacingRule, key: string): Promise<void> {
    await this.link.ask(() => this.link.commands.unlink(this.placeOf(rule, key)));
  }

  protected limiter(rule: CountingRule, duration: number): RateLimiterAbstract {
    return new RateLimiterRedis({
      storeClient: this.link.commands,
      useRedisPackage: true,
      keyPrefix: `${this.prefix}:c:${rule.name}`,
      points: rule.limit,
      duration,
    });
  }

  /** Never repeated: the same hit would count twice. */
  protected ask<T>(question: () => Promise<T>): Promise<T> {
    return this.link.once(question);
  }

  private placeOf(rule: PacingRule, key: string): string {
    return `${this.prefix}:p:${rule.name}:${key}`;
  }
}
