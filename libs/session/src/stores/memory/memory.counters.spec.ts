import { describe, expect, it, jest } from '@jest/globals';
import { countersContract, PACE, RULE } from '../../../spec/counters-contract.js';
import { MemoryCounters } from './memory.counters.js';

describe('MemoryCounters', () => {
  countersContract(() => new MemoryCounters());

  it('begins anew when the window has ended', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    const counters = new MemoryCounters();
    const rule = { name: 'short', limit: 1, window: 1_000 };
    await counters.hit(rule, 'key');
    jest.advanceTimersByTime(999);
    expect(await counters.hit(rule, 'key')).toEqual({ allowed: false, count: 2, resetIn: 1 });
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

  it('drops paced counts that are forgotten, however many keys a stranger makes up', async () => {
    const counters = new MemoryCounters();
    for (let i = 0; i < 5_000; i += 1) await counters.pace(PACE, `key-${i}`, i * PACE.window);
    expect(counters.pacedCounts).toBeLessThanOrEqual(1_000);
  });

  it('keeps no process alive', () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const counted = new MemoryCounters().hit(RULE, 'alive');
    expect(timers()).toBe(before);
    return counted;
  });
});
