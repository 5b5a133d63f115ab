import { beforeAll, expect, it } from '@jest/globals';
import type { Counters, CountingRule, PacingRule } from '../src/core/ports/counters.js';

/** The rule that the claims count by. */
export const RULE: CountingRule = { name: 'login', limit: 3, window: 60_000 };

/** Two hits at once, then one after 1 s, 2 s, 4 s, and 5 s from then on. */
export const PACE: PacingRule = { name: 'paced', free: 2, pause: 1_000, longest: 5_000, window: 60_000 };

/** What every adapter of the port does. */
export function countersContract(make: () => Counters): void {
  let counters: Counters;
  beforeAll(() => {
    counters = make();
  });
  const hits = async (rule: CountingRule, key: string, times: number) => {
    const counted = await Promise.all(Array.from({ length: times }, () => counters.hit(rule, key)));
    return counted.filter(({ allowed }) => allowed).length;
  };

  it('counts n parallel hits as n', async () => {
    expect(await hits(RULE, 'parallel', 10)).toBe(3);
  });

  it('tells each of n parallel hits another count', async () => {
    const counted = await Promise.all(Array.from({ length: 10 }, () => counters.hit(RULE, 'told')));
    expect(counted.map(({ count }) => count).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
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

  // Paced hits: the adapter makes the decision of `pace` in one atomic step. Time is the caller's, and far from any server's.
  const T = 5_000_000_000_000;
  const allowedAt = async (key: string, ...times: readonly number[]) => {
    const allowed: boolean[] = [];
    for (const time of times) allowed.push((await counters.pace(PACE, key, T + time)).allowed);
    return allowed;
  };

  it('lets the free hits of a pace through, and then one after each pause, twice as long each time up to the longest', async () => {
    expect(await allowedAt('grows', 0, 0, 999, 1_000)).toEqual([true, true, false, true]);
    expect(await allowedAt('grows', 2_999, 3_000, 6_999, 7_000, 11_999, 12_000, 16_999, 17_000)).toEqual(
      [false, true, false, true, false, true, false, true], // pauses of 2, 4, 5 and 5 s
    );
  });

  it('lets of n parallel paced hits no more through than are free, and tells each another count', async () => {
    const paced = await Promise.all(Array.from({ length: 100 }, () => counters.pace(PACE, 'burst', T)));
    const through = paced.filter(({ allowed }) => allowed);
    expect(through.map(({ count }) => count).sort((a, b) => a - b)).toEqual([1, 2]);
    expect(paced.filter(({ allowed }) => !allowed)).toEqual(
      Array.from({ length: 98 }, () => ({ allowed: false, count: 2, resetIn: 1_000 })),
    );
  });

  it('tells how long the pause still is, and counts no hit that comes too early', async () => {
    await allowedAt('early', 0, 0, 1, 2, 3);
    expect(await counters.pace(PACE, 'early', T + 400)).toEqual({ allowed: false, count: 2, resetIn: 600 });
    expect(await counters.pace(PACE, 'early', T + 1_000)).toEqual({ allowed: true, count: 3, resetIn: 2_000 });
  });

  it('forgets paced hits when the window from the first of them has ended, but ends no pause early', async () => {
    await allowedAt('window', 0, 59_000);
    expect(await counters.pace(PACE, 'window', T + 59_500)).toEqual({ allowed: false, count: 2, resetIn: 500 });
    expect(await allowedAt('window', 60_000, 60_000, 60_000)).toEqual([true, true, false]);
    const long = { ...PACE, name: 'long', pause: 100_000, longest: 100_000 };
    await counters.pace(long, 'window', T);
    await counters.pace(long, 'window', T + 1);
    expect((await counters.pace(long, 'window', T + 99_000)).allowed).toBe(false);
    expect((await counters.pace(long, 'window', T + 100_001)).count).toBe(1);
  });

  it('can let every hit begin the window anew', async () => {
    const renewed = { ...PACE, name: 'renewed', free: 100, renews: true };
    const counts: number[] = [];
    for (const time of [0, 59_000, 118_000, 178_000]) counts.push((await counters.pace(renewed, 'anew', T + time)).count);
    expect(counts).toEqual([1, 2, 3, 1]);
  });

  it('keeps a pause of a hundred years', async () => {
    const stop = { name: 'stop', free: 2, pause: 3_153_600_000_000, longest: 3_153_600_000_000, window: 1_000 };
    await Promise.all([counters.pace(stop, 'ever', T), counters.pace(stop, 'ever', T)]);
    expect(await counters.pace(stop, 'ever', T + 3_000_000_000_000)).toEqual({
      allowed: false,
      count: 2,
      resetIn: 153_600_000_000,
    });
  });

  it('counts one paced hit for many, where it is told to', async () => {
    expect((await counters.pace(PACE, 'many', T, 2)).count).toBe(2);
    expect(await allowedAt('many', 999, 1_000)).toEqual([false, true]);
  });

  it('takes a paced hit back together with the pause it began, and gives no credit for one that was not there', async () => {
    await allowedAt('back', 0, 0);
    await counters.unpace(PACE, 'back');
    expect(await counters.pace(PACE, 'back', T)).toEqual({ allowed: true, count: 2, resetIn: 1_000 });
    await counters.unpace(PACE, 'never');
    expect(await allowedAt('never', 0, 0, 0)).toEqual([true, true, false]);
  });

  it('forgets a paced count that is reset, and no other', async () => {
    await allowedAt('cleared', 0, 0);
    await allowedAt('kept', 0, 0);
    await counters.pace({ ...PACE, name: 'other' }, 'cleared', T, 2);
    await counters.reset(PACE, 'cleared');
    await counters.reset(PACE, 'unheard of');
    expect(await allowedAt('cleared', 0, 0, 0)).toEqual([true, true, false]);
    expect(await allowedAt('kept', 1)).toEqual([false]);
    expect((await counters.pace({ ...PACE, name: 'other' }, 'cleared', T + 1)).allowed).toBe(false);
  });

  it('paces under several keys in their order, and counts nothing after the one that refuses', async () => {
    const keys = ['first', 'second', 'third'].map((key) => ({ rule: PACE, key: `turn ${key}` }));
    await allowedAt('turn second', 0);
    expect(await counters.paceInTurn(keys, T)).toEqual([
      { allowed: true, count: 1, resetIn: 0 },
      { allowed: true, count: 2, resetIn: 1_000 },
      { allowed: true, count: 1, resetIn: 0 },
    ]);
    expect(await counters.paceInTurn(keys, T + 400)).toEqual([
      { allowed: true, count: 2, resetIn: 1_000 },
      { allowed: false, count: 2, resetIn: 600 },
    ]);
    expect((await counters.pace(PACE, 'turn third', T)).count).toBe(2);
  });

  it('takes back under some keys and forgets others, at once', async () => {
    const [kept, gone] = [
      { rule: PACE, key: 'back of both' },
      { rule: PACE, key: 'gone of both' },
    ];
    await allowedAt(kept.key, 0, 0);
    await allowedAt(gone.key, 0, 0);
    await counters.takeBack([kept, { rule: PACE, key: 'back of none' }], [gone]);
    expect(await counters.paceInTurn([kept, gone], T)).toEqual([
      { allowed: true, count: 2, resetIn: 1_000 },
      { allowed: true, count: 1, resetIn: 0 },
    ]);
    expect(await allowedAt('back of none', 0, 0, 0)).toEqual([true, true, false]);
  });

  it('has nothing to do where it is given no keys', async () => {
    expect(await counters.paceInTurn([], T)).toEqual([]);
    await expect(counters.takeBack([])).resolves.toBeUndefined();
  });

  it('lets none of n parallel that share keys wait for each other, in whatever order they name them', async () => {
    const wide = { ...PACE, name: 'wide', free: 1_000 };
    const keys = ['a', 'b', 'c', 'd'].map((key) => ({ rule: wide, key: `shared ${key}` }));
    const turned = (by: number) => keys.map((_, at) => keys[(at + by) % keys.length]).filter((key) => key !== undefined);
    const counted = await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        const paced = await counters.paceInTurn(turned(at), T);
        if (at % 2 === 1) await counters.takeBack(turned(at + 1));
        return paced;
      }),
    );
    expect(counted.flat().filter(({ allowed }) => !allowed)).toEqual([]);
    const next = await counters.paceInTurn(keys, T);
    expect(next.map(({ count }) => count)).toEqual([21, 21, 21, 21]);
  });
}
