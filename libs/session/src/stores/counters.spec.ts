import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createClient } from 'redis';
import { StoreUnavailableError } from '../core/errors.js';
import type { Counters, CountingRule } from '../core/ports/counters.js';
import { MemoryCounters } from './memory/memory.counters.js';
import { RedisCounters } from './redis/redis.counters.js';

const client = createClient({ url: process.env.REDIS_URL });
const RULE: CountingRule = { name: 'login', limit: 3, window: 60_000 };
const adapters: readonly (readonly [string, () => Counters])[] = [
  ['MemoryCounters', () => new MemoryCounters()],
  ['RedisCounters', () => new RedisCounters(client, { prefix: 'counted' })],
];

beforeAll(async () => {
  await client.connect();
});
afterAll(() => client.destroy());

describe.each(adapters)('%s', (_, make) => {
  const counters = make();
  const hits = async (rule: CountingRule, key: string, times: number) => {
    const counted = await Promise.all(Array.from({ length: times }, () => counters.hit(rule, key)));
    return counted.filter(({ allowed }) => allowed).length;
  };

  it('counts n parallel hits as n', async () => {
    expect(await hits(RULE, 'parallel', 10)).toBe(3);
  });

  it('tells when the window ends', async () => {
    const { allowed, resetIn } = await counters.hit(RULE, 'window');
    expect(allowed).toBe(true);
    expect(resetIn).toBeGreaterThan(0);
    expect(resetIn).toBeLessThanOrEqual(60_000);
  });

  it('counts each key and each rule apart', async () => {
    await hits(RULE, 'apart', 5);
    expect(await hits(RULE, 'another', 1)).toBe(1);
    expect(await hits({ ...RULE, name: 'address' }, 'apart', 1)).toBe(1);
  });

  it('takes a hit back', async () => {
    await hits(RULE, 'good', 3);
    await counters.undo(RULE, 'good');
    expect(await hits(RULE, 'good', 2)).toBe(1);
  });

  it('gives no credit for a hit that was not there', async () => {
    await counters.undo(RULE, 'credit');
    await counters.undo(RULE, 'credit');
    expect(await hits(RULE, 'credit', 5)).toBe(3);
  });

  it('forgets a count that is reset', async () => {
    await hits(RULE, 'reset', 5);
    await counters.reset(RULE, 'reset');
    await counters.reset(RULE, 'reset');
    expect(await hits(RULE, 'reset', 5)).toBe(3);
  });
});

describe('MemoryCounters', () => {
  it('begins anew when the window has ended', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    const counters = new MemoryCounters();
    const rule = { name: 'short', limit: 1, window: 1_000 };
    await counters.hit(rule, 'key');
    jest.advanceTimersByTime(999);
    expect(await counters.hit(rule, 'key')).toEqual({ allowed: false, resetIn: 1 });
    jest.advanceTimersByTime(1);
    expect((await counters.hit(rule, 'key')).allowed).toBe(true);
    jest.useRealTimers();
  });

  it('does not forget at once what it should remember longer than a timer can wait', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    const counters = new MemoryCounters();
    const rule = { name: 'long', limit: 1, window: 365 * 86_400_000 };
    await counters.hit(rule, 'key');
    jest.advanceTimersByTime(20 * 86_400_000);
    expect((await counters.hit(rule, 'key')).allowed).toBe(false);
    jest.useRealTimers();
  });

  it('keeps no process alive', () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const counted = new MemoryCounters().hit(RULE, 'alive');
    expect(timers()).toBe(before);
    return counted;
  });
});

describe('RedisCounters', () => {
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
