import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import { countersContract, RULE } from '../../../spec/counters-contract.js';
import { StoreUnavailableError } from '../../core/errors.js';
import { RedisCounters } from './redis.counters.js';

describe('RedisCounters', () => {
  const client = createClient({ url: process.env.REDIS_URL });
  beforeAll(async () => {
    await client.connect();
  });
  afterAll(() => client.destroy());

  countersContract(() => new RedisCounters(client, { prefix: 'counted' }));

  it('lets every count end, also that of a window below a second', async () => {
    await new RedisCounters(client, { prefix: 'counted' }).hit({ name: 'brief', limit: 1, window: 10 }, 'key');
    const ttl = await client.pTTL('counted:c:brief:key');
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(1_000);
  });

  it('says that the store is unavailable when Redis cannot be asked', async () => {
    const closed = await createClient({ url: process.env.REDIS_URL }).connect();
    const counters = new RedisCounters(closed, { prefix: 'counted' });
    closed.destroy();
    await expect(counters.hit(RULE, 'closed')).rejects.toThrow(StoreUnavailableError);
    await expect(counters.undo(RULE, 'closed')).rejects.toThrow(StoreUnavailableError);
    await expect(counters.reset(RULE, 'closed')).rejects.toThrow(StoreUnavailableError);
  });
});
