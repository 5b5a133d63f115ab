import { describe, expect, it } from '@jest/globals';
import { WatchedCounters } from '../../../spec/watched-counters.js';
import { StoreUnavailableError } from '../errors.js';
import { ReplayMemory } from './replay-memory.js';

const memoryIn = (counters: WatchedCounters, name = 'proof') => new ReplayMemory(counters, name, 60_000);
const PARTS = ['key', 'https://app.example/me', 'once'] as const;

describe('The memory of what may be used once', () => {
  it('lets each pass once, and is shared by all who share the counters', async () => {
    const counters = new WatchedCounters();
    const [one, two] = [memoryIn(counters), memoryIn(counters)];
    expect(await one.isFirstUse(...PARTS)).toBe(true);
    expect(await two.isFirstUse(...PARTS)).toBe(false);
    expect(await one.isFirstUse(...PARTS)).toBe(false);
  });

  it('lets one of many at the same time pass', async () => {
    const memory = memoryIn(new WatchedCounters());
    const passed = await Promise.all(Array.from({ length: 50 }, () => memory.isFirstUse(...PARTS)));
    expect(passed.filter(Boolean)).toHaveLength(1);
  });

  it.each<readonly [string, readonly string[]]>([
    ['another first part', ['another', PARTS[1], PARTS[2]]],
    ['another part in the middle', [PARTS[0], 'another', PARTS[2]]],
    ['another last part', [PARTS[0], PARTS[1], 'another']],
    ['parts that join to the same text', [`${PARTS[0]}${PARTS[1]}`, '', PARTS[2]]],
  ])('takes %s for another use', async (_, parts) => {
    const memory = memoryIn(new WatchedCounters());
    await memory.isFirstUse(...PARTS);
    expect(await memory.isFirstUse(...parts)).toBe(true);
  });

  it('shares nothing with a memory of another name', async () => {
    const counters = new WatchedCounters();
    await memoryIn(counters).isFirstUse(...PARTS);
    expect(await memoryIn(counters, 'assertion').isFirstUse(...PARTS)).toBe(true);
  });

  it('keeps nothing in the clear', async () => {
    const counters = new WatchedCounters();
    await memoryIn(counters).isFirstUse(...PARTS);
    expect(counters.keys).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
  });

  it('knows nothing while the counters are away, and says so', async () => {
    const counters = new WatchedCounters();
    counters.isAway = true;
    await expect(memoryIn(counters).isFirstUse(...PARTS)).rejects.toThrow(StoreUnavailableError);
  });
});
