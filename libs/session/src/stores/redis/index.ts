export { RedisSessionStore } from './redis-session.store.js';
export { JournaledRedisSessionStore } from './journaled-redis-session.store.js';
export type { JournaledRedisSessionStoreOptions } from './redis-session-store-options.js';
export type { RedisSessionStoreOptions } from './redis-session-store-options.js';
export type {
  RedisClient,
  RedisClientTraits,
  RedisClusterSubscriber,
  RedisCommands,
  RedisPrimaries,
  RedisSentinel,
  RedisServer,
  RedisStandalone,
  RedisSubscriber,
  ScriptCall,
} from './redis-client.js';
export { RedisCounters } from './redis.counters.js';
export type { RedisCountersOptions } from './redis.counters.js';
