import { describe, expect, it } from '@jest/globals';
import { bars, HEIGHT, line, topOf, WIDTH } from './drawing.js';

const series = (...values: readonly (number | undefined)[]) => ({ name: 'one', values });

describe('a chart', () => {
  it('ends at a number that people read easily, at or above the highest', () => {
    const tops = [0, 3, 4, 4.1, 7, 11, 39, 950, 1_001].map((highest) => topOf([series(1, highest, undefined)], 4));
    expect(tops).toEqual([4, 4, 4, 5, 8, 20, 40, 1_000, 2_000]);
  });

  it('has a bar for each slot in which something happened, as high as its part of the scale', () => {
    expect(bars(series(0, 2, undefined, 4), 4)).toBe(`M134.4 ${HEIGHT}v-48h91.2V${HEIGHT}zM374.4 ${HEIGHT}v-96h91.2V${HEIGHT}z`);
  });

  it('shows one of a thousand as well', () => {
    expect(bars(series(1), 1_000)).toBe(`M57.6 ${HEIGHT}v-2h364.8V${HEIGHT}z`);
  });

  it('has a line through what is known, and a gap where nothing is known for long', () => {
    const values = [4, undefined, 0, ...Array.from({ length: 6 }, () => undefined), 2];
    const slot = WIDTH / values.length;
    expect(line(series(...values), 4)).toBe(`M0 0H${slot / 2}L${slot * 2.5} ${HEIGHT}M${slot * 9} ${HEIGHT / 2}H${slot * 9.5}`);
  });
});
