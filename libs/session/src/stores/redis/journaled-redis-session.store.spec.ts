import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { createClient } from 'redis';
import { POSTGRES } from '../../../spec/sql-databases.js';
import { storeContract } from '../../testing/store-contract.js';
import { TypeOrmJournal } from '../typeorm/typeorm.journal.js';
import { JournaledRedisSessionStore } from './journaled-redis-session.store.js';

const connected = () => createClient({ url: process.env.REDIS_URL }).connect();
const deadline = 30_000;

storeContract(
  { describe, it, beforeAll, afterAll },
  async () => {
    const [one, two, subscriber] = await Promise.all([connected(), connected(), connected()]);
    subscriber.on('error', () => undefined); // broken on purpose
    const database = await POSTGRES.open();
    const options = { prefix: 'journaled', deadline };
    const journal = async () => new TypeOrmJournal(await database.another(), { deadline });
    return {
      store: new JournaledRedisSessionStore(one, await journal(), options),
      peer: new JournaledRedisSessionStore(two, await journal(), { ...options, subscriber }),
      breakFeed: async () => void (await one.sendCommand(['CLIENT', 'KILL', 'ID', String(await subscriber.clientId())])),
      close: async () => {
        [one, two, subscriber].forEach((client) => client.destroy());
        await database.close();
      },
    };
  },
  { feed: 'shared', rounds: 50 },
);
