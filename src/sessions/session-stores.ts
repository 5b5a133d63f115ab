import { MemoryCounters, MemorySessionStore, type Counters, type SessionStore } from 'nestjs-hybrid-session';
import { JournaledRedisSessionStore, RedisCounters } from 'nestjs-hybrid-session/redis';
import { TypeOrmCounters, TypeOrmJournal, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import type { DataSource } from 'typeorm';
import type { DatabaseConfig, RedisConfig, StorageConfig } from '../config/storage-config.js';
import { connectRedis } from './redis-connection.js';
import { sessionDatabase } from './session-database.js';

const nothing = async (): Promise<void> => undefined;

/** The adapters of the session library, and the connections under them. */
export class SessionStores {
  private constructor(
    readonly store: SessionStore,
    readonly counters: Counters,
    /** Closes the connections. To be called when no request is under way any more, and no write. */
    readonly close: () => Promise<void>,
  ) {}

  /** Builds what the configuration asks for. */
  static async open({ sessions, database }: StorageConfig, users: DataSource): Promise<SessionStores> {
    if (sessions.kind === 'memory') return new SessionStores(new MemorySessionStore(), new MemoryCounters(), nothing);
    return sessions.kind === 'redis' ? this.openRedis(sessions, users) : this.openSql(database, users);
  }

  /** What must not be forgotten is also written beside the users, and in their transactions. */
  private static async openRedis({ url, failsOver }: RedisConfig, users: DataSource): Promise<SessionStores> {
    // A connection that listens sends nothing else: over it comes what other instances end, before a copy's bound has passed.
    const [redis, subscriber] = await Promise.all([connectRedis(url), connectRedis(url, 'Redis changes')]);
    const store = new JournaledRedisSessionStore(redis, new TypeOrmJournal(users), {
      subscriber,
      ...(failsOver === undefined ? {} : { failsOver }),
    });
    return new SessionStores(store, new RedisCounters(redis), async () => {
      for (const connection of [redis, subscriber]) if (connection.isOpen) connection.destroy();
    });
  }

  private static async openSql(database: DatabaseConfig, users: DataSource): Promise<SessionStores> {
    const sessions = await sessionDatabase(database, users);
    const close = sessions === users ? nothing : () => sessions.destroy();
    return new SessionStores(new TypeOrmSessionStore(sessions), new TypeOrmCounters(sessions), close);
  }
}
