import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { createClient } from 'redis';
import { storeContract } from '../../testing/store-contract.js';
import { RedisSessionStore } from './redis-session.store.js';

storeContract({ describe, it, beforeAll, afterAll }, async () => {
  const clients = [createClient({ url: process.env.REDIS_URL }), createClient({ url: process.env.REDIS_URL })] as const;
  await Promise.all(clients.map((client) => client.connect()));
  const [store, peer] = [
    new RedisSessionStore(clients[0], { prefix: 'contract' }),
    new RedisSessionStore(clients[1], { prefix: 'contract' }),
  ];
  return { store, peer, close: async () => clients.forEach((client) => client.destroy()) };
});
