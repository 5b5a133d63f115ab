import { describe, expect, it } from '@jest/globals';
import { sampleOptions } from '../../../spec/sample-options.js';
import { days, hours, minutes, seconds } from './durations.js';
import { LIFETIME_PRESETS, type LifetimePreset } from './lifetime-presets.js';
import { resolveOptions } from './resolve-options.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('the presets of lifetimes (NIST SP 800-63B-4)', () => {
  // The table of the design, in milliseconds.
  it.each<[LifetimePreset, object, object, number, number, number, number | undefined]>([
    [
      'aal1',
      { idle: 7 * DAY, absolute: 30 * DAY },
      { idle: 7 * DAY, absolute: 30 * DAY },
      15 * MINUTE,
      30 * SECOND,
      HOUR,
      undefined,
    ],
    [
      'standard',
      { idle: 30 * MINUTE, absolute: 8 * HOUR },
      { idle: 14 * DAY, absolute: 30 * DAY },
      5 * MINUTE,
      30 * SECOND,
      10 * MINUTE,
      5,
    ],
    ['aal2', { idle: HOUR, absolute: 24 * HOUR }, { idle: HOUR, absolute: 24 * HOUR }, 5 * MINUTE, 30 * SECOND, 10 * MINUTE, 5],
    ['aal3', { idle: 15 * MINUTE, absolute: 12 * HOUR }, { idle: 15 * MINUTE, absolute: 12 * HOUR }, MINUTE, 0, 5 * MINUTE, 1],
  ])('%s', (preset, browser, api, accessToken, refreshWindow, recentAuthentication, max) => {
    const resolved = resolveOptions(sampleOptions({ preset }));
    expect(resolved.lifetimes).toMatchObject({ browser, api, accessToken, refreshWindow, recentAuthentication });
    expect(resolved.refresh).toEqual({ window: refreshWindow, windowFrom: 'use' });
    expect(resolved.limit).toEqual(max && { max, policy: 'evict' });
  });

  it('standard is the default', () => {
    const { lifetimes, limit } = resolveOptions(sampleOptions());
    expect(lifetimes).toEqual(resolveOptions(sampleOptions({ preset: 'standard' })).lifetimes);
    expect(limit).toEqual({ max: 5, policy: 'evict' });
  });

  it('being remembered never outlives what NIST allows at the level', () => {
    const absolute = Object.entries(LIFETIME_PRESETS).map(([preset, { remembered }]) => [preset, remembered.absolute]);
    expect(Object.fromEntries(absolute)).toEqual({ aal1: 30 * DAY, standard: 30 * DAY, aal2: 24 * HOUR, aal3: 12 * HOUR });
  });

  it('each value can be overridden alone, and leaves the others', () => {
    const before = resolveOptions(sampleOptions()).lifetimes;
    const changed = (lifetimes: object) => resolveOptions({ ...sampleOptions(), lifetimes }).lifetimes;
    for (const name of ['browser', 'api', 'remembered'] as const) {
      expect(changed({ [name]: { idle: 7_000 } })).toEqual({ ...before, [name]: { ...before[name], idle: 7_000 } });
      expect(changed({ [name]: { absolute: 60 * DAY } })).toEqual({ ...before, [name]: { ...before[name], absolute: 60 * DAY } });
    }
    for (const name of ['accessToken', 'refreshWindow', 'recentAuthentication'] as const) {
      expect(changed({ [name]: 7_000 })).toEqual({ ...before, [name]: 7_000 });
    }
  });

  it('a refresh window of 0 is a choice, not a missing value', () => {
    expect(resolveOptions(sampleOptions({ lifetimes: { refreshWindow: 0 } })).refresh.window).toBe(0);
  });
});

describe('durations', () => {
  it('are whole milliseconds, also of a fraction', () => {
    expect([seconds(2), minutes(2), hours(2), days(2)]).toEqual([2_000, 120_000, 7_200_000, 172_800_000]);
    expect([seconds(1.001), hours(1.1), days(0.1)]).toEqual([1_001, 3_960_000, 8_640_000]);
  });
});
