import { RedisServer } from './redis-server.mjs';
import { redisIsThere } from './services.mjs';

/** Tests use REDIS_URL when it is given, otherwise a private redis-server of their own. Never a mock. */
export default async function setup() {
  if (process.env.REDIS_URL || !redisIsThere) return;
  globalThis.privateRedis = await RedisServer.start();
  process.env.REDIS_URL = globalThis.privateRedis.url;
}
