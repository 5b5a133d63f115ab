import { describe, expect, it } from '@jest/globals';
import { isImpossible, kilometres } from './travel.js';

const BERLIN = { latitude: 52.52, longitude: 13.405 };
const POTSDAM = { latitude: 52.4, longitude: 13.06 };
const SYDNEY = { latitude: -33.87, longitude: 151.21 };
const HOUR = 3_600_000;

describe('a journey', () => {
  it('is as long as on the globe, over the date line too', () => {
    expect(Math.round(kilometres(BERLIN, SYDNEY) / 10)).toBe(1_609); // great-circle distance: 16,090 km
    expect(kilometres({ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 })).toBeCloseTo(222.4, 0);
    expect(kilometres(BERLIN, BERLIN)).toBe(0);
    expect(kilometres({ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 0 })).toBeCloseTo(20_015, 0);
  });

  it('is impossible only where nothing flies that fast', () => {
    expect(isImpossible(BERLIN, SYDNEY, 20 * HOUR)).toBe(false);
    expect(isImpossible(BERLIN, SYDNEY, 15 * HOUR)).toBe(true);
    expect(isImpossible(BERLIN, SYDNEY, 0)).toBe(true);
    expect(isImpossible(BERLIN, SYDNEY, -HOUR)).toBe(true);
  });

  it('within what such databases are off by is never impossible', () => {
    expect(isImpossible(BERLIN, POTSDAM, 0)).toBe(false);
  });

  it('to a place that is none is not judged', () => {
    expect(isImpossible(BERLIN, { latitude: Number.NaN, longitude: 0 }, 0)).toBe(false);
  });
});
