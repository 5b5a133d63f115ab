import { describe, expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

  it.each([
    ['replaced', (map: BoundedMap<number, object>, key: number) => map.set(key, {})],
    ['deleted', (map: BoundedMap<number, object>, key: number) => map.delete(key)],
    ['cleared', (map: BoundedMap<number, object>) => map.clear()],
  ])('keeps nothing alive that was %s, also where it is never full', async (_, forget) => {
    const map = new BoundedMap<number, object>(1_000);
    const values = fill(map, 5_000, 50, forget);
    map.clear();
    await new Promise(setImmediate); // what a WeakRef was made of in this turn is alive until it ends
    collectGarbage();
    expect(values.filter((value) => value.deref() !== undefined)).toHaveLength(0);
  });
});

/** Sets so many values, some keys after the other, and forgets one that was set before after each; answers the values. */
function fill(
  map: BoundedMap<number, object>,
  steps: number,
  keys: number,
  forget: (map: BoundedMap<number, object>, key: number) => void,
): readonly WeakRef<object>[] {
  return Array.from({ length: steps }, (_, step) => {
    const value = {};
    map.set(step % keys, value);
    forget(map, (step + keys / 2) % keys);
    return new WeakRef(value);
  });
}

/** Takes away everything that nobody holds any more. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}
