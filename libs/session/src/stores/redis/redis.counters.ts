import { type RateLimiterAbstract, RateLimiterRedis } from 'rate-limiter-flexible';
import type { CountingRule } from '../../core/ports/counters.js';
import { RateLimiterCounters } from '../rate-limiter.counters.js';
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
}
