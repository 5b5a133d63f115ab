import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, SocketClosedUnexpectedlyError } from 'redis';
import { countersContract, PACE, RULE } from '../../../spec/counters-contract.js';
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

  it('lets every paced count end, not before it is forgotten', async () => {
    await new RedisCounters(client, { prefix: 'counted' }).pace(PACE, 'ends', Date.now());
    const ttl = await client.pTTL('counted:p:paced:ends');
    expect(ttl).toBeGreaterThan(PACE.window - 5_000);
    expect(ttl).toBeLessThanOrEqual(PACE.window + 1_000);
  });

  it('never repeats a paced hit whose answer was lost: it would find the pause that it began itself', async () => {
    const counters = new RedisCounters(client, { prefix: 'counted' });
    await counters.pace(PACE, 'known script', 0);
    let calls = 0;
    const lossy = Object.assign(Object.create(client) as typeof client, {
      withCommandOptions: () =>
        Object.assign(Object.create(client) as typeof client, {
          evalSha: async (...call: Parameters<typeof client.evalSha>) => {
            calls += 1;
            await client.evalSha(...call);
            throw new SocketClosedUnexpectedlyError();
          },
        }),
    });
    await expect(new RedisCounters(lossy, { prefix: 'counted' }).pace(PACE, 'lost', 0)).rejects.toThrow(StoreUnavailableError);
    expect(calls).toBe(1);
  });

  it('says that the store is unavailable when Redis cannot be asked', async () => {
    const closed = await createClient({ url: process.env.REDIS_URL }).connect();
    const counters = new RedisCounters(closed, { prefix: 'counted' });
    closed.destroy();
    await expect(counters.hit(RULE, 'closed')).rejects.toThrow(StoreUnavailableError);
    await expect(counters.undo(RULE, 'closed')).rejects.toThrow(StoreUnavailableError);
    await expect(counters.reset(RULE, 'closed')).rejects.toThrow(StoreUnavailableError);
    await expect(counters.pace(PACE, 'closed', 0)).rejects.toThrow(StoreUnavailableError);
    await expect(counters.unpace(PACE, 'closed')).rejects.toThrow(StoreUnavailableError);
    await expect(counters.reset(PACE, 'closed')).rejects.toThrow(StoreUnavailableError);
  });
});
