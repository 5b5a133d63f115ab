import { describe, expect, it } from '@jest/globals';
import { BoundedMap } from './bounded-map.js';

describe('a bounded map', () => {
  it('never holds more than its capacity, and forgets the oldest first', () => {
    const map = new BoundedMap<number, string>(3);
    for (let i = 0; i < 100; i += 1) {
      map.set(i, `value ${i}`);
      expect(map.size).toBeLessThanOrEqual(3);
    }
    expect([96, 97, 98, 99].map((key) => map.get(key))).toEqual([undefined, 'value 97', 'value 98', 'value 99']);
  });

  it('counts what is set again as new, and as one', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 1);
    map.set('a', 2);
    map.set('c', 1);
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([2, undefined, 1, 2]);
  });

  it('forgets in the order in which it was set, whatever was deleted, set again or cleared meanwhile', () => {
    const map = new BoundedMap<number, number>(50);
    const plain = new Map<number, number>();
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const differences: number[] = [];
    for (let step = 0; step < 20_000; step += 1) {
      const key = random(120);
      if (random(500) === 0) {
        map.clear();
        plain.clear();
      } else if (random(4) === 0) {
        map.delete(key);
        plain.delete(key);
      } else {
        map.set(key, step);
        plain.delete(key);
        const [oldest] = plain.keys();
        if (plain.size >= 50 && oldest !== undefined) plain.delete(oldest);
        plain.set(key, step);
      }
      if ([...map.keys()].join() !== [...plain.keys()].join()) differences.push(step);
    }
    expect(differences).toEqual([]);
  });

  it('forgets what it is told to', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 1);
    map.delete('a');
    expect([map.get('a'), map.size]).toEqual([undefined, 1]);
    map.clear();
    expect([map.get('b'), map.size]).toEqual([undefined, 0]);
  });
});
