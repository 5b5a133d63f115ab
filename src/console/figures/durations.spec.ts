import { describe, expect, it } from '@jest/globals';
import { Durations } from './durations.js';

describe('durations', () => {
  it('know their quantiles to a fifth, also of several together', () => {
    const [short, long] = [new Durations(), new Durations()];
    for (let i = 1; i <= 900; i += 1) short.add(i / 100);
    for (let i = 1; i <= 100; i += 1) long.add(i * 10);
    for (const [part, exact] of [
      [0.5, 5],
      [0.89, 8.9],
      [0.95, 500],
      [1, 1_000],
    ] as const) {
      const found = Durations.quantile(part, [short, long]) ?? 0;
      expect(found).toBeGreaterThanOrEqual(exact * 0.99);
      expect(found).toBeLessThan(exact * 1.2);
    }
  });

  it('of which there are none have no quantile, and what took no time at all is short', () => {
    expect(Durations.quantile(0.5, [new Durations()])).toBeUndefined();
    const none = new Durations();
    none.add(0);
    expect(Durations.quantile(0.5, [none])).toBeLessThan(0.1);
  });
});
