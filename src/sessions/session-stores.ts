import { Logger } from '@nestjs/common';
import { MemoryCounters, MemorySessionStore, type Counters, type SessionStore } from 'nestjs-hybrid-session';
import { RedisCounters, RedisSessionStore } from 'nestjs-hybrid-session/redis';
import type { SessionStoreConfig } from '../config/storage-config.js';
import { connectRedis, type RedisConnection } from './redis-connection.js';

/** The adapters of the session library, and the connection under them. */
export class SessionStores {
  private constructor(
    readonly store: SessionStore,
    readonly counters: Counters,
    private readonly redis?: RedisConnection,
  ) {}

  /** Builds what the configuration asks for. */
  static async open(config: SessionStoreConfig): Promise<SessionStores> {
    if (config.kind === 'memory') return new SessionStores(new MemorySessionStore(), new MemoryCounters());
    const redis = await connectRedis(config.url);
    const stores = new SessionStores(new RedisSessionStore(redis), new RedisCounters(redis), redis);
    await stores.warn();
    return stores;
  }

  /** Closes the connection. To be called when no request is under way any more, and no write. */
  close(): void {
    if (this.redis?.isOpen) this.redis.destroy();
  }

  /** A Redis that may throw sessions away keeps the application from being ready, and says why here. */
  private async warn(): Promise<void> {
    const faults = await this.store.faults().catch(() => []);
    for (const fault of faults) new Logger('Redis').warn(fault);
  }
}
