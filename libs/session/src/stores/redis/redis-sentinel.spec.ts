import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { redisAdmin } from '../../../../../test/support/redis-admin.js';
import { RedisWithSentinels } from '../../../../../test/support/redis-with-sentinels.js';
import { RepeatingStore, type Span } from '../../../spec/repeating-store.js';
import { storeContract } from '../../testing/store-contract.js';
import { RedisSessionStore } from './redis-session.store.js';

/** The call of the contract at which the primary crashes: among many at once, whose every outcome is checked. */
const CRASH_AT = 700;
/** Milliseconds: on a busy machine a server that is only slow must not be replaced, or what it answered meanwhile is lost. */
const PATIENCE = 5_000;
const ROUNDS = Number(process.env.FAILOVER_ROUNDS ?? 20);

describe('behind Sentinels, with a failover in the middle', () => {
  let redis: RedisWithSentinels;
  let failover: Promise<Span> | undefined;
  let repeating: RepeatingStore | undefined;

  beforeAll(async () => {
    redis = await RedisWithSentinels.start(PATIENCE);
  }, 60_000);
  afterAll(() => redis.close());

  storeContract(
    { describe, it, beforeAll, afterAll },
    async () => {
      const clients = await Promise.all([redis.connect(), redis.connect()]);
      const [one, two] = clients.map((client) => new RedisSessionStore(client, { deadline: 10_000 }));
      if (!one || !two) throw new Error('There are two clients.');
      repeating = new RepeatingStore(one, {
        atCall: CRASH_AT,
        happens: () => {
          failover = redis.failOver();
        },
      });
      return {
        store: repeating,
        peer: new RepeatingStore(two),
        close: async () => void (await Promise.all(clients.map((client) => client.destroy()))),
      };
    },
    { rounds: ROUNDS, timeout: 120_000, feed: 'process' },
  );

  it('has failed over, and calls that were under way without a primary were answered', async () => {
    if (!failover || !repeating) throw new Error('Nothing has failed over.');
    expect(repeating.answeredOver(await failover)).toBeGreaterThan(0);
  });

  it('is fit, since the primary refuses reads and writes when it has lost its replicas', async () => {
    const client = await redis.connect();
    const store = new RedisSessionStore(client, { deadline: 30_000 });
    expect(await store.faults()).toEqual([]);
    const primary = await redisAdmin(await redis.untilFailover());
    await primary.configSet('min-replicas-to-write', '0');
    expect(await store.faults()).toEqual([expect.stringContaining('min-replicas-to-write')]);
    await primary.configSet('min-replicas-to-write', '1');
    primary.destroy();
    await client.destroy();
  });
});
