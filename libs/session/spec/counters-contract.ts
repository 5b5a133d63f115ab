import { beforeAll, expect, it } from '@jest/globals';
import type { Counters, CountingRule } from '../src/core/ports/counters.js';

/** The rule that the claims count by. */
export const RULE: CountingRule = { name: 'login', limit: 3, window: 60_000 };

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
}
