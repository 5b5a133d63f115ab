import { createClient } from 'redis';
import { JournaledRedisSessionStore } from '../stores/redis/journaled-redis-session.store.js';
import { RedisSessionStore } from '../stores/redis/redis-session.store.js';
import { RedisCounters } from '../stores/redis/redis.counters.js';
import type { OpenedJournal, OpenedStore } from './opened-store.js';

/** Milliseconds. Whoever waits at a terminal is told soon that nobody answers. */
const CONNECT_TIMEOUT = 5_000;

/** Connects to the Redis of an application. @throws what the client says when nobody answers */
export async function openRedisStore(url: string, prefix: string | undefined, beside?: OpenedJournal): Promise<OpenedStore> {
  const redis = createClient({ url, socket: { connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: false } });
  redis.on('error', () => undefined); // the call that it fails says so
  await redis.connect();
  const options = prefix === undefined ? {} : { prefix };
  return {
    store: beside ? new JournaledRedisSessionStore(redis, beside.journal, options) : new RedisSessionStore(redis, options),
    counters: new RedisCounters(redis, options),
    audit: beside?.audit ?? [],
    close: async () => {
      if (redis.isOpen) await redis.close();
      await beside?.close();
    },
  };
}
