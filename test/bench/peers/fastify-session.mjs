import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { RedisStore } from 'connect-redis';
import { connectRedis } from '../servers/connect-redis.mjs';
import { withSession } from './express-session.mjs';

/** @fastify/session as its README sets it up, with the store of connect-redis, which it names as one that fits. */
export async function open({ redisUrl }) {
  const store = new RedisStore({ client: await connectRedis(redisUrl), prefix: 'bench-fastify:' });
  return {
    ...withSession(),
    async prepare(app) {
      await app.register(fastifyCookie);
      const secret = 'a secret with minimum length of 32 characters';
      await app.register(fastifySession, { secret, store, saveUninitialized: false, cookie: { secure: false } }); // over plain HTTP
    },
  };
}
