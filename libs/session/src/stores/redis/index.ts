export { RedisSessionStore } from './redis-session.store.js';
export type { RedisSessionStoreOptions } from './redis-session.store.js';
export type {
  RedisClient,
  RedisClientTraits,
  RedisCommands,
  RedisPrimaries,
  RedisServer,
  RedisSubscriber,
  ScriptCall,
} from './redis-client.js';
export { RedisCounters } from './redis.counters.js';
export type { RedisCountersOptions } from './redis.counters.js';
