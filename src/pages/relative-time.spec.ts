import { describe, expect, it } from '@jest/globals';
import { relativeTime, timeElement } from './relative-time.js';

const NOW = Date.UTC(2026, 0, 31, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a moment, as people say it', () => {
  it.each([
    ['just now', 0],
    ['just now', -29_000],
    ['1 minute ago', -MINUTE],
    ['5 minutes ago', -5 * MINUTE - 20_000],
    ['1 hour ago', -119 * MINUTE],
    ['23 hours ago', -DAY + MINUTE],
    ['yesterday', -DAY],
    ['6 days ago', -6 * DAY],
    ['2 weeks ago', -15 * DAY],
    ['last month', -31 * DAY],
    ['in less than a minute', 20_000],
    ['in 8 hours', 8 * HOUR - 20_000],
  ])('is %s', (said, distance) => {
    expect(relativeTime(NOW + distance, NOW)).toBe(said);
  });

  it('is exact for programs', () => {
    expect(String(timeElement(NOW - DAY, NOW))).toBe('<time datetime="2026-01-30T12:00:00.000Z">yesterday</time>');
  });
});
