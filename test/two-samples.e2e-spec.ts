import { describe, expect, it } from '@jest/globals';
import { compare, median, smallestShiftTold } from './support/two-samples.mjs';

/** Numbers without an order, the same in every run. */
function spread(count: number, seed: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => 30 + 10 * Math.abs(Math.sin(12.9898 * (i + 1) * seed)));
}

describe('The comparison that measure:login-timing rests on', () => {
  it('gives the figures of the textbook', () => {
    // Mann and Whitney's tortoises and hares, one hare ahead: U = 25 of 36
    const tortoises = [1, 7, 8, 9, 10, 11];
    const hares = [2, 3, 4, 5, 6, 12];
    expect(compare(tortoises, hares).above).toBeCloseTo(25 / 36, 10);
    expect(compare(tortoises, hares).mannWhitney).toBeCloseTo(0.298, 3); // z = (7 - 0.5) / 6.245
    expect(compare(tortoises, hares).distance).toBeCloseTo(4 / 6, 10);
    expect(compare([1, 1, 2], [1, 2, 2])).toMatchObject({ above: 3 / 9, distance: 1 / 3 });
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('finds nothing between two samples of one distribution, and a shift of a twentieth of its spread', () => {
    const [one, two] = [spread(1_000, 1), spread(1_000, 1.7)];
    expect(compare(one, two).mannWhitney).toBeGreaterThan(0.05);
    expect(compare(one, two).kolmogorovSmirnov).toBeGreaterThan(0.05);
    const told = smallestShiftTold(one, two, 0.05);
    expect(told).toBeLessThan(1);
    expect(
      compare(
        one.map((value) => value + told),
        two,
      ).mannWhitney,
    ).toBeLessThan(0.01);
  });

  it('finds two distributions of one middle whose spread differs', () => {
    const wide = spread(1_000, 1).map((value) => 35 + 2 * (value - 35));
    expect(compare(wide, spread(1_000, 1.7)).kolmogorovSmirnov).toBeLessThan(0.01);
  });
});
