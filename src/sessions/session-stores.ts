import { Logger } from '@nestjs/common';
import { MemoryCounters, MemorySessionStore, type Counters, type SessionStore } from 'nestjs-hybrid-session';
import { RedisCounters, RedisSessionStore } from 'nestjs-hybrid-session/redis';
import type { SessionStoreConfig } from '../config/storage-config.js';
import { connectRedis, type RedisConnection } from './redis-connection.js';

/** The adapters of the session library, and the connections under them. */
export class SessionStores {
  private constructor(
    readonly store: SessionStore,
    readonly counters: Counters,
    private readonly connections: readonly RedisConnection[] = [],
  ) {}

  /** Builds what the configuration asks for. */
  static async open(config: SessionStoreConfig): Promise<SessionStores> {
    if (config.kind === 'memory') return new SessionStores(new MemorySessionStore(), new MemoryCounters());
    // A connection that listens sends nothing else: over it comes what other instances end, before a copy's bound has passed.
    const [redis, subscriber] = await Promise.all([connectRedis(config.url), connectRedis(config.url, 'Redis changes')]);
    const store = new RedisSessionStore(redis, { subscriber });
    const stores = new SessionStores(store, new RedisCounters(redis), [redis, subscriber]);
    await stores.warn();
    return stores;
  }

  /** Closes the connections. To be called when no request is under way any more, and no write. */
  close(): void {
    for (const connection of this.connections) if (connection.isOpen) connection.destroy();
  }

  /** A Redis that may throw sessions away keeps the application from being ready, and says why here. */
  private async warn(): Promise<void> {
    const faults = await this.store.faults().catch(() => []);
    for (const fault of faults) new Logger('Redis').warn(fault);
  }
}
