import { describe, expect, it } from '@jest/globals';
import { ShortMemory } from './short-memory.js';

describe('ShortMemory', () => {
  let time = 0;
  const memory = (capacity?: number) => new ShortMemory<string>(100, capacity, () => time);

  it('forgets what is too old, and counts from the last time it was told', () => {
    const short = memory();
    short.remember('a', 'first');
    time += 60;
    short.remember('b', 'second');
    short.remember('a', 'again');
    time += 60;
    expect(short.recall('a')).toHaveProperty('value', 'again');
    time += 40;
    expect([short.recall('a'), short.recall('b')]).toEqual([undefined, undefined]);
  });

  it('holds what has aged only until something new comes', () => {
    const short = memory();
    for (let at = 0; at < 1_000; at += 1) short.remember(`old ${at}`, '');
    time += 100;
    short.remember('new', '');
    expect(short.size).toBe(1);
  });

  it('holds no more than its capacity, the oldest go first', () => {
    const short = memory(2);
    for (const key of ['a', 'b', 'c']) short.remember(key, key);
    expect(short.recall('a')).toBeUndefined();
    expect(short.recall('b')).toBeDefined();
    expect(short.size).toBe(2);
  });
});
