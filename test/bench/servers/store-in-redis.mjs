import { RedisCounters, RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { connectRedis } from './connect-redis.mjs';

/** Sessions in Redis. */
export async function openIn({ redisUrl }) {
  const client = await connectRedis(redisUrl);
  return { store: new RedisSessionStore(client), counters: new RedisCounters(client) };
}
