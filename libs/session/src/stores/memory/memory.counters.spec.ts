import { describe, expect, it, jest } from '@jest/globals';
import { countersContract, RULE } from '../../../spec/counters-contract.js';
import { MemoryCounters } from './memory.counters.js';

describe('MemoryCounters', () => {
  countersContract(() => new MemoryCounters());

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
